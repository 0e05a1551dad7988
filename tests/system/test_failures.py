"""What goes wrong between a judge and us: asked again, given up, or stopped."""

import re
import socket

import pytest

from chat import KINDS, backend, ballots, errors, judge, pairs, panel, requests

TRANSIENT = ["408", "429", "500", "502", "503", "529", "reset", "cut", "badlength"]


def gaps_ms(log):
    """Between the two requests of each question."""
    at = {}
    for r in requests(log):
        at.setdefault(str(r["body"]["messages"]), []).append(r["at_ms"])
    return [later - first for first, later in at.values()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", TRANSIENT)
def test_transient(world, kind, fault):
    stub = world.stub(fault=f"{fault}:tries=1", retry_after_ms=20)
    run = world.run(panel(backend(stub, kind)), pairs(3))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2] * 3
    counts = stub.counts()
    assert (counts["requests"], counts["asked_again"]) == (6, 3)
    assert run.summary()["calls"] == {"made": 6, "cached": 0, "retried": 3, "saved": 0}


@pytest.mark.parametrize("header", [{"retry_after": 1}, {"retry_after_ms": 700}])
def test_the_server_says_when(world, header):
    log = world.path("log")
    stub = world.stub(fault="429:tries=1", log=log, **header)
    run = world.run(panel(stub), pairs(3))
    assert run.rc == 0, run
    want = 1000 * header.get("retry_after", 0) + header.get("retry_after_ms", 0)
    assert len(gaps_ms(log)) == 3
    assert all(want <= gap < want + 2000 for gap in gaps_ms(log)), gaps_ms(log)


def test_attempts_are_a_limit(world):
    """Every call made spends one, re-asks for the answer's sake included."""
    log = world.path("log")
    stub = world.stub(fault=["500:0.3", "outside:0.3", "reset:0.2"], retry_after_ms=1, log=log)
    run = world.run(panel(stub, 3, {"attempts": 3}), pairs(60))
    assert run.rc in (0, 65), run
    asked = {(v["id"], b["judge"]): b["attempts"] for v in run.verdicts() for b in v["ballots"]}
    assert len(asked) == 180 and max(asked.values()) == 3
    came = {}
    for r in requests(log):
        item = re.search("#id:(q[0-9]+)#", str(r["body"]["messages"]))[1]
        key = (item, r["body"]["model"])
        came[key] = came.get(key, 0) + 1
    assert came == asked
    assert run.summary()["calls"]["made"] == stub.counts()["requests"]


FINAL = [
    ("401", "the key is refused"),
    ("402", "no money or quota left"),
    ("403", "not permitted"),
    ("404", "no such model or path"),
    ("quota", "no money or quota left"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault, says", FINAL)
def test_a_backend_that_refuses_for_good_stops(world, kind, fault, says):
    stub = world.stub(fault=fault)
    run = world.run(panel(backend(stub, kind, slots=4)), pairs(200))
    assert run.rc == 75, run
    assert stub.counts()["requests"] <= 4
    assert run.verdicts() == [] and run.summary()["left"] == 200
    lines = [line for line in run.stderr.splitlines() if "stopped:" in line]
    assert len(lines) == 1 and says in lines[0] and "backend 'api'" in lines[0], run
    stub.control(fault=[])
    again = world.run(panel(backend(stub, kind, slots=4)), pairs(200))
    assert again.rc == 0, again
    assert len(again.verdicts()) == 200


def test_a_backend_stops_in_the_middle(world):
    """What was answered stays, calls under way count, the rest is left open."""
    stub = world.stub(fault="quota:after=150", delay="uniform:1:10", usd_in=2, usd_out=10)
    judges = [judge(f"j{i}", usd_per_mtok={"input": 2, "output": 10}) for i in range(3)]
    p = panel(backend(stub, slots=16), judges, {"usd": 50})
    run = world.run(p, pairs(500))
    assert run.rc == 75, run
    assert stub.counts()["requests"] <= 150 + 16
    assert run.summary()["left"] > 300
    assert round(run.summary()["usd"] * 1e9) == stub.counts()["billed"]["nusd"]
    stub.control(fault=[])
    again = world.run(p, pairs(500))
    assert again.rc == 0, again
    counts = stub.counts()
    assert counts["answered_again"] == 0
    assert round(again.summary()["usd"] * 1e9) == counts["billed"]["nusd"]


def test_one_backend_stops_and_another_does_not(world):
    """Items wait for the stopped one; the other's ballots are kept and not paid twice."""
    good, bad = world.stub(), world.stub(fault="401")
    apis = [backend(good, name="good"), backend(bad, name="bad")]
    p = panel(apis, [judge("j0", "good"), judge("j1", "bad")])
    run = world.run(p, pairs(30))
    assert run.rc == 75 and run.verdicts() == [], run
    kept = good.counts()["requests"]
    bad.control(fault=[])
    again = world.run(p, pairs(30))
    assert again.rc == 0, again
    assert 0 < kept <= 30 and good.counts()["requests"] == 30


@pytest.mark.parametrize("kind", KINDS)
def test_moderation_is_one_items_refusal(world, kind):
    stub = world.stub(fault="moderation:nth=2")
    run = world.run(panel(backend(stub, kind, slots=1)), pairs(4))
    assert run.rc == 65, run
    assert errors(run) == {"refusal": 1} and stub.counts()["requests"] == 4


REFUSALS = [("refusal", "refusal"), ("filter", "refusal"), ("context", "too_long"), ("413", "too_long"), ("400", "http")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault, error", REFUSALS)
def test_what_is_not_asked_again(world, kind, fault, error):
    stub = world.stub(fault=f"{fault}:nth=1")
    run = world.run(panel(backend(stub, kind, slots=1)), pairs(3))
    assert run.rc == 65, run
    assert errors(run) == {error: 1}
    assert stub.counts()["requests"] == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault, error", [("nojson", "body"), ("empty", "empty")])
def test_no_answer_in_the_body(world, kind, fault, error):
    stub = world.stub(fault=f"{fault}:tries=1", retry_after_ms=1)
    run = world.run(panel(backend(stub, kind)), pairs(2))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2, 2]
    stub.control(fault=fault)
    run = world.run(panel(backend(stub, kind), limits={"attempts": 2}), pairs(2), "--job", "b")
    assert errors(run) == {error: 2}, run


@pytest.mark.parametrize("kind", KINDS)
def test_outside_the_labels(world, kind):
    """Asked once more with what it said and what was wrong, then an error."""
    log = world.path("log")
    stub = world.stub(fault="outside", log=log)
    run = world.run(panel(backend(stub, kind)), pairs(1))
    assert run.rc in (65, 69), run
    (ballot,) = ballots(run)
    assert ballot["label"] is None and ballot["error"]["kind"] == "outside"
    assert "'Q' is none of" in ballot["error"]["text"] and ballot["attempts"] == 2
    first, second = (r["body"]["messages"] for r in requests(log))
    assert second[: len(first)] == first
    said, told = second[len(first):]
    assert said["role"] == "assistant" and '"Q"' in said["content"]
    assert "'Q' is none of A, B, tie" in told["content"]


def test_an_answer_that_recovers(world):
    stub = world.stub(fault="outside:first=5", votes="B", delay=50)
    run = world.run(panel(backend(stub, slots=5)), pairs(5))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2] * 5


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_hang_ends_at_its_deadline(world, fault):
    stub = world.stub(fault=f"{fault}:tries=1", drip_ms=300)
    run = world.run(panel(stub, limits={"timeout_s": 1}), pairs(4))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2] * 4
    stub.control(fault=fault)
    run = world.run(panel(stub, limits={"timeout_s": 1, "attempts": 1}), pairs(2), "--job", "b")
    assert errors(run) == {"timeout": 2}, run


def test_a_body_without_end(world):
    stub = world.stub(fault="huge:tries=1", huge_bytes=40 << 20)
    run = world.run(panel(backend(stub, slots=1)), pairs(1))
    assert run.rc == 0, run
    assert ballots(run)[0]["attempts"] == 2


def refusing_url():
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}/v1"


def test_nobody_there(world):
    p = panel({"name": "api", "kind": "openai", "url": refusing_url()}, limits={"attempts": 2})
    run = world.run(p, pairs(30))
    assert run.rc == 69, run
    assert set(errors(run)) <= {"connect", "down"} and run.summary()["failed"] == 30
    assert "not one judge answered; judge 'j0': backend 'api' is down: Failed to connect" in run.stderr


def test_one_judge_is_down(world):
    """The others decide where the quorum allows, and fail the item where not."""
    stub = world.stub(votes="A")
    down = {"name": "down", "kind": "openai", "url": refusing_url()}
    judges = [judge("j0"), judge("j1"), judge("dead", "down")]
    both = [backend(stub), down]
    items = world.write("items", pairs(40))
    runs = []
    for quorum in (2, 3):
        p = panel(both, judges, {"attempts": 2, "quorum": quorum})
        path = world.write(f"quorum{quorum}.yaml", p)
        runs.append(world.start(path, items, "--job", f"job{quorum}"))
    enough, strict = (running.wait() for running in runs)
    assert enough.rc == 0, enough
    for v in enough.verdicts():
        assert v["label"] == "A" and v["seats"] == {
            "n": 3, "asked": 3, "voted": 2, "errors": 1, "partial": 0}
    assert strict.rc == 65, strict
    assert {v["status"] for v in strict.verdicts()} == {"failed"}
    assert "quorum" in strict.verdicts()[0]["error"]["text"]
    assert stub.counts()["requests"] == 160


def test_an_outage_is_waited_out(world):
    """Many calls fail at once, the backend comes back: nobody is given up."""
    stub = world.stub(fault="500:first=20")
    run = world.run(panel(stub), pairs(60))
    assert run.rc == 0, run
    assert errors(run) == {}
