"""What workers call: a model server that dies, one that is slow, an account that they
share. None of it costs an item, and limits hold over all workers."""

import os
import pathlib
import signal
import time

import pytest

from chat import backend, judge, pairs, panel, requests
from conftest import BUILD, Stub
from lab import free_port
from test_crash import asked


class Served(Stub):
    """A stub that a worker runs."""

    def __init__(self):
        self.host, self.port = "127.0.0.1", free_port()
        self.url = f"http://{self.host}:{self.port}/v1"

    def backend(self, **more):
        serve = {"command": [str(BUILD / "tests/assize-stub"), "--port", str(self.port),
                             "--delay", "20"],
                 "ready": f"http://{self.host}:{self.port}/counts"}
        return backend(self, serve=serve, **more)


def child(worker):
    """The process that a worker runs."""
    threads = pathlib.Path(f"/proc/{worker.process.pid}/task")
    (pid,) = " ".join((t / "children").read_text() for t in threads.iterdir()).split()
    return int(pid)


def complete(job, n, judges=1):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]
    assert len(job.stored()) == n * judges == sum(len(row["ballots"]) for row in rows)


def test_a_model_server_that_dies(lab, world):
    """Twice, under load: it is started again, every item is decided, and it ends with
    its worker."""
    stub = Served()
    lab.coordinator()
    worker = lab.worker("gpu0", [stub.backend(slots=4)])
    client = lab.client()
    worker.said("a backend's server answers")
    job = client.submit(panel([], 2), pairs(60))
    for _ in range(2):
        stub.wait(requests=30)
        mark = worker.mark()
        os.kill(child(worker), signal.SIGKILL)
        worker.said("a backend's server is away", mark)
        worker.said("a backend's server answers", mark)
    complete(job, 60, judges=2)
    served = child(worker)
    assert worker.term() == 0
    assert not os.path.exists(f"/proc/{served}")


def test_its_questions_go_elsewhere_meanwhile(lab, world):
    """A server that cannot be started again holds up nobody."""
    stub, other = Served(), world.stub(delay=20)
    lab.coordinator()
    doomed = stub.backend(slots=4)
    doomed["serve"]["restart"] = False
    worker = lab.worker("gpu0", [doomed])
    worker.said("a backend's server answers")
    job = lab.client().submit(panel([], 2), pairs(60))
    stub.wait(requests=30)
    os.kill(child(worker), signal.SIGKILL)
    worker.said("a backend's server is away")
    lab.worker("gpu1", [backend(other, slots=4)])
    complete(job, 60, judges=2)
    assert set(asked(other).values()) == {1}


PRICED = {"usd_per_mtok": {"input": 2.0, "output": 10.0}, "max_tokens": 200}


def test_a_hedge(lab, world):
    """A worker's judge stands still; what it holds is asked once more elsewhere, the
    first answer decides, and the job pays for both."""
    still, quick = (world.stub(delay=5, usage="worst", usd_in=2, usd_out=10) for _ in range(2))
    lab.coordinator()
    for name, stub in (("still", still), ("quick", quick)):
        lab.worker(name, [backend(stub, slots=4)])
    job = lab.client().submit(panel([], [judge(**PRICED)], {"hedge": True}), pairs(200))
    still.wait(requests=40)
    still.control(hold=True)
    job.until(lambda info: info["decided"] == 200)
    held = still.counts()["in_flight"]
    assert 0 < held <= 4
    still.control(hold=False)
    complete(job, 200)
    both = [stub.counts() for stub in (still, quick)]
    twice = sum(counts["requests"] for counts in both) - 200
    assert held <= twice <= 60, twice
    billed = sum(counts["billed"]["nusd"] for counts in both) / 1e9
    assert job.until(lambda info: info["usd"] >= billed - 1e-9)


def test_workers_that_share_an_account(lab, world):
    """Together they make no more calls a minute than the account allows."""
    log = world.path("log")
    stub = world.stub(log=log)
    lab.coordinator()
    for i in range(3):
        lab.worker(f"w{i}", [backend(stub, rpm=600, limit_group="team")])
    lab.client().until_workers(lambda workers: len(workers) == 3)
    start = time.monotonic() * 1000
    complete(lab.client().submit(panel([]), pairs(40)), 40)
    # Nine tenths of what is allowed, evenly; a stub without a core hears late, never early.
    for i, at in enumerate(sorted(r["at_ms"] for r in requests(log))):
        assert i + 1 <= 3 + 9 * (at - start) / 1000, i


@pytest.mark.parametrize("names", [["api"], ["api", "other"]], ids=len)
def test_prefixes_stay_together(lab, world, names):
    """What is asked of one item, in both rounds, goes to one of the two workers that have
    a backend, whose server then has the prompt in its cache: although both are busy all
    the time, and whoever else is asked of it meanwhile."""
    stubs = {name: [world.stub(delay=5) for _ in range(2)] for name in names}
    lab.coordinator()
    for name in names:
        for i, stub in enumerate(stubs[name]):
            lab.worker(f"{name}{i}", [backend(stub, name=name, slots=16)])
    client = lab.client()
    client.until_workers(lambda workers: len(workers) == 2 * len(names))
    judges = [judge(f"{name}{i}", name) for i in range(4) for name in names]
    client.submit(panel([], judges, policy={"kind": "debate", "rounds": 2}), pairs(100)).done()
    for two in stubs.values():
        here, there = ({item for item, _ in asked(stub)} for stub in two)
        assert len(here | there) == 100 and min(len(here), len(there)) > 10
        assert len(here & there) <= 30, "items of which both were asked"
