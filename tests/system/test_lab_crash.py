"""kill -9 of the coordinator and of workers at random points: every item ends with
the verdict that it has undisturbed, nobody is asked again for a stored ballot, and
no budget is passed."""

import random

import pytest

from chat import backend, pairs, panel
from conftest import read_jsonl
from test_budget import BILLS, nusd, seats
from test_crash import asked, plain

JUDGES, SLOTS = 3, 8
LOOPS = [10, pytest.param(100, marks=pytest.mark.slow)]
APART = 40  # requests between two kills, at the most


def enough(kills):
    """Items, so that each kill is one under load."""
    return pairs(2 * APART * kills // JUDGES)


def undisturbed(world, items):
    """What `assize run` makes of the same panel and items."""
    run = world.run(panel(backend(world.stub()), JUDGES), items, "--job", "undisturbed")
    assert run.rc == 0, run
    return plain(run.verdicts())


def under_load(stub, rng, kills):
    """Block until a random number of requests more, as often as there are kills."""
    for _ in range(kills):
        at = stub.counts()["requests"] + rng.randrange(1, APART)
        stub.wait(requests=at)
        yield at


class Kept:
    """What is stored must be stored for good, and be asked no more."""

    def __init__(self, job, stub):
        self.job, self.stub, self.stored = job, stub, {}

    def look(self, about):
        """When nobody is asked and nothing is written."""
        now, counts = self.job.stored(), asked(self.stub)
        lost = {key for key, body in self.stored.items() if now.get(key) != body}
        assert not lost, f"{about}: stored, and gone or changed: {lost}"
        if self.stored:
            again = {q for q in self.before if q in self.keys and counts[q] > self.before[q]}
            assert not again, f"{about}: stored and asked again: {again}"
        self.stored, self.before = now, counts
        self.keys = {(item, judge) for item, judge, _ in now}


@pytest.mark.parametrize("kills", LOOPS)
def test_the_coordinator_is_killed(lab, world, kills):
    """The client that follows the results gets each of them once, too."""
    rng, items = random.Random(kills), enough(kills)
    stub = world.stub(delay="uniform:10:40")
    coordinator = lab.coordinator(silence_ms=1000)
    workers = [lab.worker(f"w{i}", [backend(stub, slots=SLOTS)]) for i in range(2)]
    client = lab.client()
    job = client.submit(panel([], JUDGES), items)
    following = client.start("results", job.id, "--follow", "-o", "followed.jsonl")
    kept = Kept(job, stub)
    for at in under_load(stub, rng, kills):
        marks = [worker.mark() for worker in workers]
        coordinator.kill9()
        for worker, mark in zip(workers, marks):
            worker.said("the session with the coordinator ended", mark)
        stub.wait(below_in_flight=1)
        kept.look(f"seed {kills}, at {at}")
        coordinator.start()
        for worker, mark in zip(workers, marks):
            worker.reload()  # it would be back by itself, after longer and longer pauses
            worker.said("connected", mark)
    rows = job.done().results()
    kept.look(f"seed {kills}, the end")
    assert plain(rows) == undisturbed(world, items)
    assert len(job.stored()) == JUDGES * len(items)
    run = following.wait()
    assert run.rc == 0, run
    assert read_jsonl(world.path("followed.jsonl")) == rows


@pytest.mark.parametrize("kills", LOOPS)
def test_workers_are_killed(lab, world, kills):
    rng, items = random.Random(kills), enough(kills)
    stub = world.stub(delay="uniform:10:40")
    lab.coordinator(silence_ms=1000)
    workers = [lab.worker(f"w{i}", [backend(stub, slots=SLOTS)]) for i in range(3)]
    job = lab.client().submit(panel([], JUDGES), items)
    kept = Kept(job, stub)
    for at in under_load(stub, rng, kills):
        stub.control(hold=True)  # else the others are done before it is back
        worker = rng.choice(workers)
        worker.kill9()
        kept.look(f"seed {kills}, at {at}")
        mark = worker.mark()
        worker.start().said("connected", mark)
        stub.control(hold=False)
    assert plain(job.done().results()) == undisturbed(world, items)
    assert len(job.stored()) == JUDGES * len(items)
    # Asked again is only what a dead worker was asking, or had no time to tell.
    assert stub.counts()["asked_again"] <= kills * 2 * SLOTS


def test_a_budget_over_crashes(lab, world):
    """Coordinator and workers die between reserve, call and commit; then the limit is
    raised while the job is stopped, and it goes on."""
    rng = random.Random(7)
    stub = world.stub(usage="worst", delay="uniform:0:4", fault=["500:0.1", "reset:0.1"], **BILLS)
    coordinator = lab.coordinator(silence_ms=1000)
    workers = [lab.worker(f"w{i}", [backend(stub, slots=SLOTS)]) for i in range(2)]
    client = lab.client()
    job = client.submit(panel([], seats(2), {"usd": 2.5}), pairs(300))
    for _ in range(4):
        at = stub.counts()["requests"] + rng.randrange(1, 100)
        job_or_requests(job, stub, at)
        dies = rng.choice([coordinator, *workers])
        dies.kill9()
        dies.start()
        for worker in workers:
            worker.reload()  # it would be back by itself, after a pause
    assert job.watch().rc == 75
    info = job.info()
    assert info["state"] == "stopped" and "limits.usd" in info["why"], info
    stub.wait(below_in_flight=1)
    bill = stub.counts()["billed"]["nusd"]
    assert nusd(1) < bill <= nusd(info["usd"]) <= nusd(2.5)
    client.ok("set", job.id, "limits.usd=50")
    job.done()
    assert stub.counts()["billed"]["nusd"] <= nusd(job.info()["usd"]) <= nusd(50)


def job_or_requests(job, stub, at):
    """So many requests, or the job has stopped first."""
    job.until(lambda info: info["state"] == "stopped" or stub.counts()["requests"] >= at)
