"""The service's figures: a coordinator and workers as programs of their own, with
judges that answer at once, beside `bench_wire`, the bare program that exchanges the
same messages and commits the same ballots."""

import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = ROOT / "build/release/bin"
BENCH = ROOT / "build/release/bench"
NOT_BUILT = "not built"
DEADLINE_S = 3600
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

TRANSPORTS = {"ipc": "ipc://", "tcp": "tcp://", "curve": "tcp:// with CURVE"}

PANEL = """\
question: {kind: pair}
judges:
  - {name: a, backend: lexical, model: length}
  - {name: b, backend: lexical, model: length}
  - {name: c, backend: lexical, model: length}
"""
JUDGES = 3


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """One that runs: its log lines with the time at which each came."""

    def __init__(self, name, config, folder):
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = folder / f"notify-{os.urandom(4).hex()}"
        self.notify.bind(str(path))
        self.notify.settimeout(DEADLINE_S)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [BIN / name, "--config", config], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, cwd=folder, env={**os.environ, "NOTIFY_SOCKET": str(path)})
        self.lines, self.news = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append((time.monotonic(), line))
                self.news.notify_all()

    def ready(self):
        """Seconds from its start until it told systemd so."""
        while not self.notify.recv(4096).startswith(b"READY=1"):
            pass
        return time.monotonic() - self.started

    def logged(self, *texts):
        """When it logged a line with all of these; waits for it."""
        def find():
            return next((t for t, line in self.lines if all(x in line for x in texts)), None)
        with self.news:
            if not self.news.wait_for(find, DEADLINE_S):
                raise TimeoutError(f"it never said {texts}")
            return find()

    def status(self, field):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)[1])

    def peak_mb(self):
        return self.status("VmHWM") / 1024

    def cpu_s(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = text.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) * TICK_S

    def end(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(DEADLINE_S)
        self.reader.join()
        self.process.stderr.close()
        self.notify.close()


class Service:
    """A coordinator with its workers, in a folder of their own."""

    def __init__(self, folder, transport="ipc", workers=1):
        self.folder, self.transport, self.workers = folder, transport, []
        self.curve = transport == "curve"
        os.sync()  # what came before is not in the way of its commits
        folder.mkdir()
        (folder / "panel.yaml").write_text(PANEL)
        self.clients_at, self.workers_at = self.endpoint("clients"), self.endpoint("workers")
        self.http = free_port()
        config = (f"state: state\nclients: {self.clients_at}\nworkers: {self.workers_at}\n"
                  f"http: {self.http}\n")
        if self.curve:
            config += "key: keys/server.secret\nprincipals: principals\n"
            self.make_keys()
        (folder / "coordinator.yaml").write_text(config + self.plain())
        self.start()
        for n in range(workers):
            self.add_worker(f"w{n}")

    def endpoint(self, name):
        if self.transport == "ipc":
            return f"ipc://{self.folder}/{name}"
        return f"tcp://127.0.0.1:{free_port()}"

    def plain(self):
        return "insecure: names\n" if self.transport == "tcp" else ""

    def make_keys(self):
        lines = ""
        for argv in (["--server"], ["--name", "client"], ["--name", "worker", "--roles", "work"]):
            lines += subprocess.run([BIN / "assize", "keygen", "keys", *argv], check=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    text=True, cwd=self.folder).stdout
        principals = self.folder / "principals"
        principals.write_text(lines)
        principals.chmod(0o600)

    def start(self):
        """Seconds until it is ready."""
        self.coordinator = Program("assize-coordinator", "coordinator.yaml", self.folder)
        return self.coordinator.ready()

    def add_worker(self, name):
        config = (f"name: {name}\ncoordinator: {self.workers_at}\n"
                  "backends: [{name: lexical, kind: lexical}]\n")
        if self.curve:
            config += "key: keys/worker.secret\ncoordinator_key: keys/server.public\n"
        (self.folder / f"{name}.yaml").write_text(config + self.plain())
        self.workers.append(Program("assize-worker", f"{name}.yaml", self.folder))
        self.workers[-1].logged("connected to the coordinator")

    def client(self, *args, check=True):
        """`assize ARGS`: its output, its seconds, its peak memory in MB."""
        figures = self.folder / "time"
        argv = ["/usr/bin/time", "-o", figures, "-f", "%e %M", BIN / "assize", *args,
                "--to", self.clients_at]
        argv += ["--keys", "keys"] if self.curve else []
        done = subprocess.run(list(map(str, argv)), stdin=subprocess.DEVNULL, cwd=self.folder,
                              stdout=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=check)
        seconds, peak_kb = figures.read_text().split()[-2:]
        return done.stdout.strip(), float(seconds), int(peak_kb) / 1024

    def submit(self, items):
        job, seconds, peak_mb = self.client("submit", "panel.yaml", items, "-q", "--again")
        return int(job), seconds, peak_mb

    def changed(self, job, state):
        return self.coordinator.logged("job changed", f"job={job} ", f"state={state}")

    def ballots(self):
        """Kept since the coordinator started."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics") as page:
            return int(re.search(rb"^assize_ballots_total (\d+)", page.read(), re.MULTILINE)[1])

    def cpu_s(self):
        return self.coordinator.cpu_s(), sum(w.cpu_s() for w in self.workers)

    def stop(self):
        for program in [*self.workers, self.coordinator]:
            program.end(signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        subprocess.run(["rm", "-rf", self.folder], check=True)


# ---- ballots a second ----


def bare(world, transport, ballots):
    """Ballots a second of the bare program."""
    at = f"ipc://{world.folder}/bare" if transport == "ipc" else f"tcp://127.0.0.1:{free_port()}"
    argv = [BENCH / "bench_wire", at, str(ballots)] + (["curve"] if transport == "curve" else [])
    done = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, text=True,
                          cwd=world.folder, check=True, timeout=DEADLINE_S)
    return float(done.stdout)


def throughput(world, transport, workers, items, n):
    """(submission's items/s, ballots/s, µs of CPU a ballot: coordinator, workers)"""
    with Service(world.folder / "service", transport, workers) as service:
        job, seconds, _ = service.submit(items)
        start, before = service.changed(job, "running"), service.cpu_s()
        end, after = service.changed(job, "done"), service.cpu_s()
        check_all(service, job, n)
        cpu_us = [(b - a) * 1e6 / (JUDGES * n) for a, b in zip(before, after)]
        return n / seconds, JUDGES * n / (end - start), *cpu_us


def check_all(service, job, n):
    """Fast is nothing if it is not done."""
    info = json.loads(service.client("status", job, "--json")[0])
    got = info["decided"] + info["abstained"], info["ballots"], info["ballot_errors"]
    if got != (n, JUDGES * n, 0):
        raise SystemExit(f"job {job}: decided, ballots, errors: {got}, not {n} items")


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def throughput_table(world, out):
    print("\nA service whose judges answer at once: durable ballots a second, from when the job", file=out)
    print("is open until it is done, beside the bare program (`bench_wire`); medians of runs", file=out)
    print("that took turns:\n", file=out)
    print("| transport | program | ballots/s | of bare | CPU µs a ballot: coordinator, workers |"
          " items submitted/s |", file=out)
    print("| --- | --- | --- | --- | --- | --- |", file=out)
    n, rounds = world.scale(300_000, least=10_000), world.scale(3, least=1)
    items = world.pairs(n)
    for transport, name in TRANSPORTS.items():
        floors, rows = [], {1: [], 2: []}
        for _ in range(rounds):
            floors.append(bare(world, transport, JUDGES * n))
            for workers, of in rows.items():
                of.append(throughput(world, transport, workers, items, n))
        floor = statistics.median(floors)
        print(f"| {name} | bare | {floor:,.0f} | 1.00 | | |", file=out)
        for workers, of in rows.items():
            submitted, rate, coordinator_us, workers_us = medians(of)
            what = f"assize, {workers} worker" + ("s" if workers > 1 else "")
            print(f"| {name} | {what} | {rate:,.0f} | {rate / floor:.2f} |"
                  f" {coordinator_us:.1f}, {workers_us:.1f} | {submitted:,.0f} |", file=out)


# ---- memory ----


def memory_table(world, out):
    print("\nPeak memory of the service's programs, in MB:\n", file=out)
    print("| items | coordinator | worker | `assize submit` | `assize results` |", file=out)
    print("| --- | --- | --- | --- | --- |", file=out)
    sizes = [10_000, world.scale(1_000_000, least=10_000)]
    sizes += [10_000_000] if world.options.full else []
    for n in sizes:
        items = world.pairs(n)
        with Service(world.folder / "service") as service:
            job, _, submit_mb = service.submit(items)
            service.changed(job, "done")
            results_mb = service.client("results", job, "-o", "verdicts.jsonl")[2]
            print(f"| {n:,} | {service.coordinator.peak_mb():.0f} |"
                  f" {service.workers[0].peak_mb():.0f} | {submit_mb:.0f} | {results_mb:.0f} |",
                  file=out)
        if n > 1_000_000:
            items.unlink()


# ---- one item ----


def latencies(world, service, n):
    one = world.pairs(1)
    argv = [BENCH / "bench_latency", service.clients_at, "-", service.folder / "panel.yaml", one, n]
    done = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, text=True, check=True,
                          timeout=DEADLINE_S)
    return sorted(map(float, done.stdout.split()))


def latency_row(what, ms, out):
    p50, p99 = (ms[min(len(ms) * p // 100, len(ms) - 1)] for p in (50, 99))
    print(f"| {what} | {len(ms)} | {p50:.0f} | {p99:.0f} |", file=out)


def latency_table(world, out):
    print("\nFrom the submission of a job of one item to its verdict, over ipc://:\n", file=out)
    print("| service | jobs | p50 ms | p99 ms |\n| --- | --- | --- | --- |", file=out)
    n = world.scale(1_000_000, least=100_000)
    with Service(world.folder / "service") as service:
        latency_row("idle", latencies(world, service, 200), out)
        job, _, _ = service.submit(world.pairs(n))
        service.changed(job, "running")
        ms = latencies(world, service, 100)
        state = json.loads(service.client("status", job, "--json")[0])["state"]
        what = f"with a job of {n:,} items" + ("" if state == "running" else ", which ended before")
        latency_row(what, ms, out)


# ---- after kill -9 ----


def recovery_table(world, out):
    n = world.scale(1_000_000, least=10_000)
    print(f"\nAfter `kill -9` of a coordinator with {n:,} items, a worker of which goes on:\n", file=out)
    print("| seconds from the start to | |\n| --- | --- |", file=out)
    with Service(world.folder / "service") as service:
        job, _, _ = service.submit(world.pairs(n))
        service.changed(job, "running")
        while not service.ballots():
            time.sleep(0.01)
        service.coordinator.end(signal.SIGKILL)
        ready_s = service.start()
        start = service.coordinator.started
        opened_s = service.changed(job, "running") - start
        while not service.ballots():
            time.sleep(0.002)
        first_s = time.monotonic() - start
        left = json.loads(service.client("status", job, "--json")[0])
        print(f"| ready for clients and workers | {ready_s:.2f} |", file=out)
        print(f"| the job goes on | {opened_s:.2f} |", file=out)
        print(f"| its first new ballot is kept | {first_s:.2f} |", file=out)
        print(f"\n{left['items'] - left['decided']:,} items were undecided then.", file=out)


def tables(world, out):
    if not all((BIN / p).exists() for p in ("assize-coordinator", "assize-worker")):
        print(f"\nThe service: {NOT_BUILT}", file=out)
        return
    throughput_table(world, out)
    memory_table(world, out)
    latency_table(world, out)
    recovery_table(world, out)
