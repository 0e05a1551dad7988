"""Rounds through the whole program: what a judge sees, when it ends, and that
neither the order of judges nor that of answers changes a byte."""

import json
import re

import pytest

from chat import backend, ballots, judge, pairs, panel, requests

DEBATE = {"policy": {"kind": "debate", "rounds": 2}}
UNLIKE = ("ms", "usd", "attempts", "cached")


def say(model, label, rationale):
    return {"model": model, "text": json.dumps({"rationale": rationale, "label": label})}


def last_prompt(request):
    return request["body"]["messages"][-1]["content"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_the_second_round_sees_the_others(world, kind):
    log = world.path("log")
    script = world.write("script.jsonl", [
        say("m-alice", "A", "because of apples"), say("m-bob", "B", "because of pears"),
        say("m-carol", "B", "because of plums"), say("m-alice", "B", "pears convince me"),
        say("m-bob", "B", "still"), say("m-carol", "B", "still")])
    stub = world.stub(script=script, log=log)
    judges = [judge(n, model=f"m-{n}") for n in ("alice", "bob", "carol")]
    run = world.run(panel(backend(stub, kind), judges, **DEBATE), pairs(1))
    assert run.rc == 0, run
    (v,) = run.verdicts()
    assert (v["label"], v["rounds"], v["share"]) == ("B", 2, 1)
    assert sorted(b["round"] for b in v["ballots"]) == [1] * 3 + [2] * 3

    rows = requests(log)
    assert len(rows) == 6
    assert not any("because of" in last_prompt(r) for r in rows[:3])
    own = {"m-alice": "apples", "m-bob": "pears", "m-carol": "plums"}
    for r in rows[3:]:
        model, prompt = r["body"]["model"], last_prompt(r)
        seen = {fruit for fruit in own.values() if f"because of {fruit}" in prompt}
        assert seen >= set(own.values()) - {own[model]}
        assert not re.search("alice|bob|carol", json.dumps(r["body"]["messages"]))


def test_consensus_ends_it(world):
    stub = world.stub(votes="B")
    run = world.run(panel(stub, 3, **DEBATE), pairs(10))
    assert run.rc == 0, run
    assert stub.counts()["requests"] == 30
    assert all(v["rounds"] == 1 and v["label"] == "B" for v in run.verdicts())


def plain(run, used_only=False):
    """The verdict file's lines without what two runs may differ in."""
    def strip(row):
        return {k: v for k, v in row.items() if k not in UNLIKE}

    return [
        {**strip(v), "ballots": [strip(b) for b in v["ballots"] if b["used"] or not used_only]}
        for v in run.verdicts()
    ]


POLICIES = {
    "vote": ({}, False),
    "debate": (DEBATE, False),
    "early": ({"policy": {"kind": "vote", "early_stop": True, "audit": 0.2}}, True),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_neither_order_changes_a_verdict(world, policy):
    """Judges turned around in the file, answers at random times, faults by hash."""
    more, used_only = POLICIES[policy]
    names = ["j0", "j1", "j2", "j3", "j4"]
    want = None
    for i, order in enumerate((names, names[::-1], [names[k] for k in (2, 0, 4, 1, 3)])):
        stub = world.stub(delay="uniform:0:15", seed=7, fault="400:0.1")
        stub.control(delay="uniform:0:15" if i else "0")
        judges = [judge(n, orders="both") for n in order]
        p = panel(backend(stub, slots=16), judges, {"quorum": 2}, **more)
        run = world.run(p, pairs(40), "--job", f"job{i}")
        assert run.rc == 0, run
        got = plain(run, used_only)
        if used_only:
            got = [{k: v[k] for k in ("id", "status", "label", "share", "ballots")} for v in got]
        want = want or got
        assert got == want


def test_early_stop_saves_calls(world):
    stub = world.stub(votes="A")
    p = panel(stub, 5, policy={"kind": "vote", "early_stop": True, "audit": 0})
    run = world.run(p, pairs(50))
    assert run.rc == 0, run
    assert stub.counts()["requests"] == 150
    assert all(v["label"] == "A" for v in run.verdicts())


def test_early_stop_audits_a_part(world):
    stub = world.stub(votes="A")
    p = panel(stub, 5, policy={"kind": "vote", "early_stop": True, "audit": 0.5})
    run = world.run(p, pairs(60))
    assert run.rc == 0, run
    asked = [len(v["ballots"]) for v in run.verdicts()]
    assert set(asked) == {3, 5} and 15 <= asked.count(5) <= 45
    assert len(ballots(run)) == stub.counts()["requests"]
