"""rpm, tpm and slots are kept to; where no slots are stated, concurrency adapts."""

from chat import backend, errors, judge, pairs, panel, requests


def test_slots(world):
    stub = world.stub(delay="uniform:1:8")
    run = world.run(panel(backend(stub, slots=5), 2), pairs(60))
    assert run.rc == 0, run
    assert stub.counts()["in_flight_max"] == 5


def test_slots_over_all_backends(world):
    """limits.slots, or -j where it is less, bounds what they have together."""
    stub = world.stub(delay=3)
    apis = [backend(stub, name="a", slots=8), backend(stub, name="b", slots=8)]
    judges = [judge("j0", "a"), judge("j1", "b")]
    p = panel(apis, judges, {"slots": 6})
    for options, most in (([], 6), (["-j", "4"], 4), (["-j", "9"], 6)):
        stub.control(reset=True)
        run = world.run(p, pairs(40), "--job", "job" + "".join(options), *options)
        assert run.rc == 0, run
        assert stub.counts()["in_flight_max"] == most


def test_requests_a_minute(world):
    """A tenth of a minute's worth at once, then the rest spread over the minute."""
    log = world.path("log")
    stub = world.stub(log=log)
    run = world.run(panel(backend(stub, rpm=600)), pairs(75))
    assert run.rc == 0, run
    at = sorted(r["at_ms"] for r in requests(log))
    for i, first in enumerate(at):
        for k in range(i, len(at)):
            assert k - i + 1 <= 60 + 9 * (at[k] - first + 50) / 1000 + 1


def test_tokens_a_minute(world):
    log = world.path("log")
    stub = world.stub(log=log)
    run = world.run(panel(backend(stub, tpm=60000), [judge(max_tokens=500)]), pairs(40))
    assert run.rc == 0, run
    at = [r["at_ms"] for r in requests(log)]
    billed = stub.counts()["billed"]
    used = billed["tokens_in"] + billed["tokens_out"]
    assert used > 6000  # or it says nothing
    assert used <= 6000 + 0.9 * (max(at) - min(at) + 50) + 1000


def test_concurrency_grows(world):
    stub = world.stub(delay=10)
    run = world.run(panel(stub), pairs(600))
    assert run.rc == 0, run
    assert 16 < stub.counts()["in_flight_max"] <= 256


def test_concurrency_gives_way(world):
    """A server that takes four at once: refusals end, and everyone is answered."""
    stub = world.stub(delay=10, limit=4, retry_after_ms=5)
    run = world.run(panel(stub, limits={"attempts": 20}), pairs(200))
    assert run.rc == 0, run
    assert errors(run) == {}
    counts = stub.counts()
    assert counts["in_flight_max"] <= 17  # the stub counts what it refuses, too
    assert 1 <= counts["status"]["429"] < 100


def test_a_limit_of_one_backend_holds_nobody_else(world):
    slow, quick = world.stub(), world.stub()
    apis = [backend(slow, name="slow", rpm=100), backend(quick, name="quick")]
    judges = [judge("j0", "slow"), judge("j1", "quick")]
    running = world.start(panel(apis, judges), pairs(200))
    quick.wait(requests=200)
    assert slow.counts()["requests"] < 60
    running.kill9()


def test_waiting_for_a_turn_costs_no_time(world):
    """item_s runs from an item's first question, not from when it was read."""
    stub = world.stub(delay=50)
    run = world.run(panel(backend(stub, slots=4), limits={"item_s": 1}), pairs(150))
    assert run.rc == 0, run
    assert errors(run) == {}
