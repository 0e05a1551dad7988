"""Jobs beside each other, jobs that stopped, and readers that are slow."""

import contextlib
import fcntl
import json
import os
import statistics
import time

import pytest

from chat import backend, pairs, panel
from conftest import BUILD
from panels import OVERLAP


def test_ten_items_among_many(lab, world):
    """A small job gets its share at once, and does not wait for a large one."""
    stub = world.stub(delay=10)
    lab.coordinator()
    lab.worker("w0", [backend(stub, slots=8)])
    client = lab.client()
    large = client.submit(panel([], 2), pairs(4000), name="large")
    stub.wait(requests=100)
    small = client.submit(panel([], 2), pairs(10, start=5000), name="small").done()
    assert stub.counts()["requests"] < 1500
    assert large.info()["state"] == "running"
    assert [row["id"] for row in small.results()] == [f"q{5000 + i}" for i in range(10)]
    client.ok("cancel", large.id)
    stub.wait(below_in_flight=1)
    assert stub.counts()["asked_again"] == 0


def test_a_backend_that_refuses_and_is_mended(lab, world):
    """The job stops and says why; resumed, it asks nobody again."""
    stub = world.stub(fault="401:after=50", delay=2)
    lab.coordinator()
    worker = lab.worker("w0", [backend(stub, slots=4)])
    client = lab.client()
    job = client.submit(panel([]), pairs(200))
    assert job.watch().rc == 75
    info = job.info()
    assert info["state"] == "stopped" and "401" in info["why"], info
    kept = job.stored()
    assert len(kept) == 50
    stub.control(fault=[])
    mark = worker.mark()
    worker.reload(name="w1")  # it comes back as a new one, and tries its backends
    worker.said("connected", mark)
    client.ok("resume", job.id)
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(200)]
    now = job.stored()
    assert all(now[key] == body for key, body in kept.items())
    assert stub.counts()["completions"] == 200


def test_a_limit_raised_while_it_runs(lab, world):
    """It never stops for want of money that was granted in time."""
    stub = world.stub(usage="worst", usd_in=2, usd_out=10, delay=20)
    lab.coordinator()
    lab.worker("w0", [backend(stub, slots=2)])
    client = lab.client()
    judge = {"name": "j0", "backend": "api", "model": "j0", "orders": "one", "max_tokens": 200,
             "usd_per_mtok": {"input": 2.0, "output": 10.0}}
    job = client.submit(panel([], [judge], {"usd": 0.5}), pairs(200))
    stub.wait(requests=10)
    client.ok("set", job.id, "limits.usd=50")
    job.done()
    info = job.info()
    assert info["limit_usd"] == 50 and 0.5 < info["usd"] <= 50, info


def test_a_reader_that_is_slow(lab, world):
    """A line now and then, as judges decide; neither job nor others wait for it."""
    stub = world.stub(delay=5)
    lab.coordinator(silence_ms=1000)
    lab.worker("w0", [backend(stub, slots=8)])
    client = lab.client()
    items = [{**item, "context": "x" * 1000} for item in pairs(400)]
    job = client.submit(panel([]), items)
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
    reader = client.start("results", job.id, "--follow", stdout=into)
    os.close(into)
    ids = []
    with open(out) as lines:
        for requests in range(20, 400, 20):
            stub.wait(requests=requests)
            ids.append(json.loads(lines.readline())["id"])
        job.done()
        ids += [json.loads(line)["id"] for line in lines]
    assert reader.wait().rc == 0
    assert ids == [f"q{i}" for i in range(400)]


LINES = 20  # read a second apart


@pytest.mark.slow
def test_a_reader_of_a_line_a_second(lab, world):
    """For as long as it takes: others are served as fast as without it, and what waits
    for it is kept on the disk."""
    n = 20_000
    coordinator = lab.coordinator()
    lab.worker("w0", [{"name": "lexical", "kind": "lexical"}])
    client = lab.client()

    def others(name):
        """Seconds that a small job takes from its submission to its last verdict."""
        began = time.monotonic()
        complete(client.submit(OVERLAP, texts(50, name), name=name), 50)
        return time.monotonic() - began

    alone = statistics.median(others(f"alone{i}") for i in range(5))
    job = client.submit(OVERLAP, texts(n, "large"), name="large")
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
    reader = client.start("results", job.id, "--follow", stdout=into)
    os.close(into)
    beside, numbers = [], []
    with open(out, "rb", buffering=0) as lines:  # not a byte more than it asks for
        job.done()
        before = rss_mb(coordinator)
        began = time.monotonic()
        while len(numbers) < LINES:
            numbers.append(json.loads(lines.readline())["id"])
            while time.monotonic() < began + len(numbers):
                beside.append(others(f"beside{len(beside)}"))
        grown = rss_mb(coordinator) - before
        with open(os.dup(lines.fileno()), "rb") as rest:
            numbers += [json.loads(line)["id"] for line in rest]
    assert reader.wait().rc == 0
    assert numbers == [f"large{i}" for i in range(n)]
    assert len(beside) >= LINES / 4
    assert statistics.median(beside) < 1.5 * alone + 0.2, (alone, beside)
    if "asan" not in str(BUILD):
        assert grown < 32, f"{grown} MiB more"


def texts(n, name):
    return [{"id": f"{name}{i}", "prompt": "p", "response": f"yes {i}", "reference": "yes"}
            for i in range(n)]


def complete(job, n):
    assert len(job.done().results()) == n


def rss_mb(program):
    with open(f"/proc/{program.process.pid}/status") as f:
        return next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmRSS"))


@pytest.mark.slow
def test_a_million_ballots_for_a_reader_that_stopped(lab, world):
    """The WAL stays bounded, the coordinator's memory too, and the reader gets all."""
    n = 500_000
    coordinator = lab.coordinator()
    for i in range(2):
        lab.worker(f"w{i}", [{"name": "lexical", "kind": "lexical"}])
    path = world.path("many.jsonl")
    with open(path, "w") as f:
        for i in range(n):
            f.write(f'{{"id": "q{i}", "prompt": "p", "response": "yes {i}", "reference": "yes"}}\n')
    client = lab.client()
    two = OVERLAP.replace("[lexical/token_f1]", "[lexical/token_f1, lexical/exact_match]")
    job = client.submit(two, path)
    out = world.path("all.jsonl")
    with open(out, "w") as into:
        reader = client.start("results", job.id, "--follow", stdout=into)
    reader.wait_until(lambda: out.stat().st_size)
    reader.stop()
    wal = job.dir / "state.db-wal"
    most = 0
    while job.info()["state"] == "running":
        with contextlib.suppress(FileNotFoundError):
            most = max(most, wal.stat().st_size)
    job.done(timeout_s=600)
    assert job.info()["ballots"] == 2 * n
    assert most < 64 << 20, f"the WAL grew to {most >> 20} MiB"
    if "asan" not in str(BUILD):  # which keeps what was freed
        assert peak_mb(coordinator) < 300
    reader.cont()
    assert reader.wait(300).rc == 0
    with open(out) as lines:
        numbers = [int(line.split('"', 4)[3][1:]) for line in lines]
    assert numbers == list(range(n))


def peak_mb(program):
    with open(f"/proc/{program.process.pid}/status") as f:
        return next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmHWM"))
