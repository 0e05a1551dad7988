"""kill -9 at random points: nothing is lost, and nobody is asked again for a
ballot that was stored."""

import contextlib
import random
import sqlite3

import pytest

from chat import backend, judge, pairs, panel

UNLIKE = ("ms", "usd", "attempts", "cached")  # what may differ between two runs
ITEMS = 300


def plain(verdicts):
    def strip(row):
        return {k: v for k, v in row.items() if k not in UNLIKE}

    return [{**strip(v), "ballots": [strip(b) for b in v["ballots"]]} for v in verdicts]


def stored(job):
    """The (item, judge) of every ballot in the store, errors left out."""
    if not (job / "state.db").exists():
        return set()
    with contextlib.closing(sqlite3.connect(job / "state.db", timeout=30)) as db:
        try:
            return set(db.execute(
                "SELECT i.id, j.name, b.round FROM ballots b JOIN items i ON i.seq = b.item"
                " JOIN judges j ON j.id = b.judge WHERE b.error = 0"))
        except sqlite3.OperationalError:  # killed before the schema was there
            return set()


def asked(stub):
    return {(q["id"], q["model"]): q["asked"] for q in stub.counts(questions=True)["by_question"]}


def kill_loop(world, stub, p, items, kills, seed):
    """Runs that are killed after a random number of requests, then one to the end."""
    rng = random.Random(seed)
    killed = 0
    each = max(2, 2 * len(items) * 3 // kills)
    while killed < kills:
        before, kept = asked(stub), {(item, j) for item, j, _ in stored(world.path("job"))}
        running = world.start(p, items)
        at = stub.counts()["requests"] + rng.randrange(1, each)
        running.wait_until(lambda: running.process.poll() is not None
                           or stub.counts()["requests"] >= at)
        ended = running.process.poll() is not None
        run = running.wait() if ended else running.kill9()
        again = {q for q, n in asked(stub).items() if q in kept and n > before.get(q, 0)}
        assert not again, f"seed {seed}, kill {killed}: stored and asked again: {again}"
        if ended:
            return run, killed
        killed += 1
    return world.run(p, items), killed


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_loop(world, kills):
    seed = kills
    items = pairs(ITEMS)
    quiet = world.stub()
    judges = [judge(f"j{i}") for i in range(3)]
    undisturbed = world.run(panel(backend(quiet), judges), items, "--job", "undisturbed")
    assert undisturbed.rc == 0, undisturbed

    stub = world.stub(delay="uniform:2:10")
    p = panel(backend(stub, slots=8), judges)
    run, killed = kill_loop(world, stub, p, items, kills, seed)
    assert run.rc == 0, run
    assert killed >= min(kills, 5)
    assert plain(run.verdicts()) == plain(undisturbed.verdicts())
    assert len(stored(run.job)) == 3 * ITEMS
    # Asked again was only what was under way, or on its way to the disk.
    assert stub.counts()["asked_again"] <= killed * 3 * 8


@pytest.mark.parametrize("kills", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_kill_loop_of_a_debate(world, kills):
    """The second round rests on the first: rounds survive a crash, too."""
    items = pairs(40)
    judges = [judge(f"j{i}") for i in range(3)]
    debate = {"policy": {"kind": "debate", "rounds": 2}}
    quiet = world.stub(seed=5)
    undisturbed = world.run(panel(backend(quiet), judges, **debate), items, "--job", "undisturbed")
    assert undisturbed.rc == 0, undisturbed
    assert any(v["rounds"] == 2 for v in undisturbed.verdicts())

    stub = world.stub(delay="uniform:1:6", seed=5)
    rng, killed = random.Random(kills), 0
    p = panel(backend(stub, slots=8), judges, **debate)
    while killed < kills:
        running = world.start(p, items)
        at = stub.counts()["requests"] + rng.randrange(1, 2 * 200 // kills + 2)
        running.wait_until(lambda: running.process.poll() is not None
                           or stub.counts()["requests"] >= at)
        if running.process.poll() is not None:
            break
        running.kill9()
        killed += 1
    run = world.run(p, items)
    assert run.rc == 0, run
    assert plain(run.verdicts()) == plain(undisturbed.verdicts())
    assert len(stored(run.job)) == sum(len(v["ballots"]) for v in run.verdicts())
    assert stub.counts()["asked_again"] <= killed * 3 * 8


def test_failures_are_stored_too(world):
    """An error ballot is an answer: only --retry-failed asks again."""
    stub = world.stub(fault="400:nth=1,5,9")
    p = panel(backend(stub, slots=1))
    run = world.run(p, pairs(20))
    assert run.rc == 65 and run.summary()["failed"] == 3, run
    again = world.run(p, pairs(20))
    assert again.rc == 65 and stub.counts()["requests"] == 20, again
    retried = world.run(p, pairs(20), "--retry-failed")
    assert retried.rc == 0 and stub.counts()["requests"] == 23, retried
