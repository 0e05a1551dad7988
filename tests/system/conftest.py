"""The world of a system test: whole programs, started, watched and killed.

    def test_one(world):
        stub = world.stub(votes="A", delay=50)
        run = world.run(panel(stub.url), items)
        assert run.rc == 0

Nothing sleeps: a test waits for an event (a stub's counter, a program's end)
with a deadline. Programs are taken from ASSIZE_BUILD (build/release).
"""

import http.client
import json
import os
import pathlib
import select
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ASSIZE_BUILD", "build/release")
DEADLINE_S = int(os.environ.get("ASSIZE_DEADLINE_S", "60"))  # sanitizers, a busy machine


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: runs only with tools/test --slow")


def read_jsonl(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


class Stub:
    """A running assize-stub. Settings are its options, as keywords."""

    def __init__(self, settings):
        argv = [str(BUILD / "tests/assize-stub")]
        for name, value in settings.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                argv += ["--" + name.replace("_", "-"), self._text(one)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening "), f"{argv}: said '{line}'"
        self.host, port = line.split()[1].split(":")
        self.port = int(port)
        self.url = f"http://{self.host}:{self.port}/v1"
        self.anthropic_url = f"http://{self.host}:{self.port}"

    @staticmethod
    def _text(value):
        return str(value).lower() if isinstance(value, bool) else str(value)

    def request(self, method, path, body=None, timeout=DEADLINE_S, headers=None):
        """(status, headers, body bytes) of one request on its own connection."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            text = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(method, path, text, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def _json(self, *args):
        status, _, body = self.request(*args)
        assert status == 200, f"{args}: {status} {body!r}"
        return json.loads(body)

    def control(self, **settings):
        """Change settings; reset=True clears the counts, fault=[] the faults."""
        return self._json(
            "POST", "/control", {name.replace("_", "-"): v for name, v in settings.items()}
        )

    def counts(self, questions=False):
        return self._json("GET", "/counts" + ("?questions=1" if questions else ""))

    def last(self):
        """The last request to a judge: path, headers (text) and body (parsed)."""
        last = self._json("GET", "/last")
        return {**last, "body": json.loads(last["body"])}

    def wait(self, timeout_s=DEADLINE_S, **conditions):
        """Block until each counter named has reached its value, or is below it
        (below_in_flight=1). Fails when the time is over."""
        query = "&".join(
            f"{name.replace('below_', 'below.')}={value}" for name, value in conditions.items()
        )
        path = f"/wait?{query}&timeout_ms={timeout_s * 1000}"
        status, _, body = self.request("GET", path, timeout=timeout_s + 10)
        assert status == 200, f"waited for {conditions}, {status}: {body.decode()}"
        return json.loads(body)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(DEADLINE_S)


class Run:
    """What a finished `assize run` left behind."""

    def __init__(self, rc, stdout, stderr, job):
        self.rc, self.stdout, self.stderr, self.job = rc, stdout, stderr, job

    def verdicts(self):
        return read_jsonl(self.job / "verdicts.jsonl")

    def by_id(self):
        return {v["id"]: v for v in self.verdicts()}

    def summary(self):
        return json.loads((self.job / "summary.json").read_text())

    def __repr__(self):
        return f"rc {self.rc}\nstdout:\n{self.stdout}\nstderr:\n{self.stderr}"


class Running:
    """An `assize run` under way."""

    def __init__(self, process, job, out, err):
        self.process, self.job, self._out, self._err = process, job, out, err

    def _signal(self, signo):
        self.process.send_signal(signo)

    def kill9(self):
        """Killed, and gone when this returns."""
        self._signal(signal.SIGKILL)
        return self.wait()

    def term(self):
        self._signal(signal.SIGTERM)

    def interrupt(self):
        self._signal(signal.SIGINT)

    def stop(self):
        """Stopped, as with ^Z; cont() lets it go on."""
        self._signal(signal.SIGSTOP)

    def cont(self):
        self._signal(signal.SIGCONT)

    def stderr(self):
        """What it has said so far."""
        return self._err.read_text()

    def wait_until(self, predicate, deadline_s=DEADLINE_S):
        """Look again and again until `predicate()` is true. Ends early, and
        fails, when the program does. For what a stub counts, stub.wait() is
        better: it does not poll."""
        ends = time.monotonic() + deadline_s
        pidfd = os.pidfd_open(self.process.pid)
        try:
            gone = False
            while not predicate():
                assert not gone, f"the program ended first: {self.wait()}"
                assert time.monotonic() < ends, "the deadline has passed"
                gone = bool(select.select([pidfd], [], [], 0.01)[0])
        finally:
            os.close(pidfd)

    def wait(self, timeout_s=2 * DEADLINE_S):
        rc = self.process.wait(timeout_s)
        return Run(rc, self._out.read_text(), self._err.read_text(), self.job)


class World:
    def __init__(self, folder):
        self.folder = folder
        self._stubs, self._running = [], []
        self._files = 0

    def stub(self, **settings):
        stub = Stub(settings)
        self._stubs.append(stub)
        return stub

    def path(self, name):
        return self.folder / name

    def write(self, name, content):
        """A file of the test: text, or a list of rows as JSONL."""
        path = self.path(name)
        if not isinstance(content, str):
            content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
        path.write_text(content)
        return path

    def environment(self, extra=None):
        kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "STUB_KEY": "sk-stub-0123456789",
            **(extra or {}),
        }

    def command(self, *args, env=None, stdin=None, stdout=None, stderr=None, wrap=()):
        """Start `assize ARGS…` in the test's folder, its output into files
        unless told otherwise; `wrap` is a command that starts it."""
        self._files += 1
        out, err = self.path(f"{self._files}.stdout"), self.path(f"{self._files}.stderr")
        with open(out, "w") as o, open(err, "w") as e:
            process = subprocess.Popen(
                [*map(str, wrap), str(BUILD / "bin/assize"), *map(str, args)],
                cwd=self.folder,
                env=self.environment(env),
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=o if stdout is None else stdout,
                stderr=e if stderr is None else stderr,
            )
        job = self.folder / "job"
        if "--job" in args:
            job = pathlib.Path(self.folder / args[args.index("--job") + 1])
        running = Running(process, job, out, err)
        self._running.append(running)
        return running

    def start(self, panel, items, *args, env=None):
        """Start `assize run`. `panel` is YAML or a path, `items` rows or a
        path; without --job the job is FOLDER/job, without --cache none."""
        if isinstance(panel, str):
            panel = self.write("panel.yaml", panel)
        if not isinstance(items, (str, pathlib.Path)):
            items = self.write("items.jsonl", items)
        args = list(args)
        for option, value in (("--job", self.folder / "job"), ("--cache", "none")):
            if option not in args:
                args += [option, value]
        return self.command("run", panel, items, *args, env=env)

    def run(self, panel, items, *args, env=None, timeout_s=2 * DEADLINE_S):
        return self.start(panel, items, *args, env=env).wait(timeout_s)

    def assize(self, *args, env=None):
        """Any other command, to its end."""
        return self.command(*args, env=env).wait()

    def close(self):
        for running in self._running:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        ends = [(stub.stop(), stub.url) for stub in self._stubs]
        assert all(rc == 0 for rc, _ in ends), f"a stub ended badly: {ends}"


@pytest.fixture
def world(tmp_path):
    w = World(tmp_path)
    yield w
    w.close()


@pytest.fixture
def data():
    """The folder of test data; skips where it is not."""
    folder = os.environ.get("ASSIZE_TEST_DATA")
    if not folder:
        pytest.skip("ASSIZE_TEST_DATA is not set")
    return pathlib.Path(folder)


@pytest.fixture
def lab(world):
    """Programs of a service; see lab.py."""
    from lab import Lab

    made = Lab(world)
    yield made
    made.close()
