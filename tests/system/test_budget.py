"""limits.usd is never passed: the stub's bill is the judge of it."""

import random

import pytest

from chat import KINDS, backend, ballots, errors, judge, pairs, panel

PRICED = {"usd_per_mtok": {"input": 2.0, "output": 10.0}}
BILLS = {"usd_in": 2, "usd_out": 10}
EVERYTHING = ["500:0.1", "429:0.05", "reset:0.08", "cut:0.06", "badlength:0.03", "hang:0.01",
              "outside:0.1", "length:0.05", "empty:0.05", "error200:0.05", "nojson:0.03"]


def seats(n, **more):
    return [judge(f"j{i}", max_tokens=200, **PRICED, **more) for i in range(n)]


def nusd(usd):
    return round(usd * 1e9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("usage", ["honest", "worst", "none"])
def test_a_spent_budget_and_a_raised_one(world, kind, usage):
    """Money ends: 75, items open. More money: the same command goes on."""
    stub = world.stub(usage=usage, **BILLS)
    p = panel(backend(stub, kind, slots=8), seats(2), {"usd": 0.2})
    run = world.run(p, pairs(200))
    assert run.rc == 75, run
    bill = stub.counts()["billed"]
    assert 0 < bill["nusd"] <= nusd(0.2)
    assert "limits.usd is spent" in run.stderr and run.summary()["left"] > 0
    assert bill["nusd"] <= nusd(run.summary()["usd"]) <= nusd(0.2)
    again = world.run(p, pairs(200), "--set", "limits.usd=20")
    assert again.rc == 0, again
    counts = stub.counts()
    assert len(again.verdicts()) == 200 and counts["asked_again"] == 0
    if usage != "none":
        assert nusd(again.summary()["usd"]) == counts["billed"]["nusd"]


def test_too_little_for_one_call(world):
    stub = world.stub(**BILLS)
    run = world.run(panel(stub, seats(1), {"usd": 0.000001}), pairs(3))
    assert run.rc == 75, run
    assert stub.counts()["requests"] == 0 and run.summary()["left"] == 3


@pytest.mark.parametrize("usd", [0.1, 1])
def test_with_everything_going_wrong(world, usd):
    """Re-asks, timeouts and broken answers cost money: within the limit."""
    stub = world.stub(usage="worst", fault=EVERYTHING, retry_after_ms=1, **BILLS)
    p = panel(backend(stub, slots=16), seats(3), {"usd": usd, "timeout_s": 1})
    run = world.run(p, pairs(150))
    assert run.rc == 75, run
    bill = stub.counts()["billed"]
    assert bill["nusd"] <= nusd(run.summary()["usd"]) <= nusd(usd)
    assert bill["nusd"] > nusd(usd) / 2  # and it is put to use


def test_asked_again_within_the_budget(world):
    """A second asking shows what was said: its bytes are reserved, too."""
    stub = world.stub(usage="worst", says="\n\"" * 500, **BILLS)
    p = panel(backend(stub, slots=4), seats(1), {"usd": 0.3})
    run = world.run(p, pairs(100))
    assert run.rc == 75, run
    assert stub.counts()["billed"]["nusd"] <= nusd(run.summary()["usd"]) <= nusd(0.3)
    assert {b["attempts"] for b in ballots(run)} == {2}
    assert set(errors(run)) == {"parse"}


def test_bytes_that_json_writes_longer(world):
    stub = world.stub(usage="worst", **BILLS)
    items = [{**row, "prompt": "\n\t\"\\\x01" * 400} for row in pairs(60)]
    run = world.run(panel(backend(stub, slots=4), seats(1), {"usd": 0.2}), items)
    assert run.rc == 75, run
    assert stub.counts()["billed"]["nusd"] <= nusd(run.summary()["usd"]) <= nusd(0.2)


def test_a_timeout_is_paid_and_asked_again(world):
    """Its outcome is unknown: the worst is settled, and the next try reserved anew."""
    stub = world.stub(fault="hang:tries=1", **BILLS)
    p = panel(stub, seats(1), {"usd": 1, "timeout_s": 1})
    run = world.run(p, pairs(4))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2] * 4
    assert stub.counts()["billed"]["nusd"] <= nusd(run.summary()["usd"])


def test_an_unknown_price_is_refused(world):
    stub = world.stub()
    run = world.run(panel(stub, [judge("dear", **PRICED), judge("free")], {"usd": 1}), pairs(3))
    assert run.rc == 78, run
    assert "judge 'free'" in run.stderr and "usd_per_mtok: {input:" in run.stderr
    assert stub.counts()["requests"] == 0 and not run.job.exists()


def crash_and_finish(world, stub, p, items, rng, kills):
    """Kill at random points: after so many requests of a run."""
    for _ in range(kills):
        running = world.start(p, items)
        at = stub.counts()["requests"] + rng.randrange(1, 60)
        running.wait_until(lambda: running.process.poll() is not None
                           or stub.counts()["requests"] >= at)
        if running.process.poll() is None:
            running.kill9()
        else:
            running.wait()
    return world.run(p, items)


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow),
                                  pytest.param(4, marks=pytest.mark.slow)])
def test_crashes_under_a_budget(world, seed):
    """Between reserve, call and commit: the bill of all runs stays under the limit."""
    rng = random.Random(seed)
    faults = ["500:0.1", "reset:0.1", "outside:0.1"]
    stub = world.stub(usage="worst", delay="uniform:0:4", fault=faults, seed=seed, **BILLS)
    p = panel(backend(stub, slots=8), seats(2), {"usd": 2.5})
    run = crash_and_finish(world, stub, p, pairs(300), rng, 8)
    assert run.rc == 75, run
    bill = stub.counts()["billed"]["nusd"]
    assert bill <= nusd(run.summary()["usd"]) <= nusd(2.5)
    assert bill > nusd(1)
