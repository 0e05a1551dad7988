"""Run again: what is decided stays, what is new is judged, what changed is refused."""

import json

import pytest

from panels import OVERLAP, chat_pair, overlap_items, pair_items


def bytes_of(run):
    return (run.job / "verdicts.jsonl").read_bytes()


def test_run_again_asks_nobody(world):
    stub = world.stub()
    first = world.run(chat_pair(stub, judges=3), pair_items(20))
    assert first.rc == 0, first
    again = world.run(chat_pair(stub, judges=3), pair_items(20))
    assert again.rc == 0, again
    assert bytes_of(again) == bytes_of(first)
    assert stub.counts()["requests"] == 60
    assert again.summary()["calls"]["made"] == 0


def test_new_items_are_added(world):
    stub = world.stub()
    first = world.run(chat_pair(stub), pair_items(10))
    more = world.run(chat_pair(stub), pair_items(15))
    assert (first.rc, more.rc) == (0, 0), more
    assert [v["id"] for v in more.verdicts()] == [f"q{i}" for i in range(15)]
    assert bytes_of(more).startswith(bytes_of(first))
    assert stub.counts()["requests"] == 15


def test_another_item_under_the_same_id(world):
    items = overlap_items(3)
    first = world.run(OVERLAP, items)
    items[1]["response"] = "something else"
    run = world.run(OVERLAP, items)
    assert run.rc == 65, run
    assert "line 2: id 'q1' was another item when the job began" in run.stderr
    assert bytes_of(run) == bytes_of(first)
    assert run.summary()["bad_lines"] == 1


CHANGES = [
    ("Which is better?", "Which is worse?", "the question or template changed since 8 ballots"),
    ("model: m1", "model: m9", "judge 'j1' changed its model or parameters since 4 ballots"),
]


@pytest.mark.parametrize("before, after, message", CHANGES)
def test_another_panel_is_refused(world, before, after, message):
    stub = world.stub()
    panel = chat_pair(stub, judges=2)
    world.run(panel, pair_items(4))
    changed = panel.replace(before, after)
    assert changed != panel
    run = world.run(changed, pair_items(4))
    assert run.rc == 78, run
    assert message in run.stderr
    assert before.split(": ")[-1] in run.stderr and after.split(": ")[-1] in run.stderr
    assert "--job NEW" in run.stderr
    assert stub.counts()["requests"] == 8
    assert world.run(changed, pair_items(4), "--job", world.path("new")).rc == 0


def test_policy_limits_and_addresses_may_change(world):
    stub, other = world.stub(votes="A"), world.stub(votes="A")
    world.run(chat_pair(stub, judges=3), pair_items(4))
    panel = chat_pair(other, judges=3, timeout_s=9) + "aggregate: plurality\n"
    run = world.run(panel, pair_items(6))
    assert run.rc == 0, run
    assert (stub.counts()["requests"], other.counts()["requests"]) == (12, 6)
    hows = [v["how"] for v in run.verdicts()]
    assert hows == ["majority"] * 4 + ["plurality"] * 2  # a committed verdict is final


def test_retry_failed(world):
    stub = world.stub(fault="500", votes="A")
    panel = chat_pair(stub, judges=2)
    first = world.run(panel, pair_items(3))
    assert {v["status"] for v in first.verdicts()} <= {"failed", "abstained"}, first
    assert "--retry-failed" in first.stderr
    stub.control(fault=[], reset=True)
    same = world.run(panel, pair_items(3))
    assert bytes_of(same) == bytes_of(first)
    assert stub.counts()["requests"] == 0
    retried = world.run(panel, pair_items(3), "--retry-failed")
    assert retried.rc == 0, retried
    assert [(v["status"], v["label"]) for v in retried.verdicts()] == [("decided", "A")] * 3
    assert stub.counts()["requests"] == 6
    assert world.run(panel, pair_items(3), "--retry-failed").rc == 0
    assert stub.counts()["requests"] == 6


def test_a_job_in_use_is_left_alone(world):
    stub = world.stub(hold=True)
    running = world.start(chat_pair(stub), pair_items(2))
    stub.wait(requests=1)
    run = world.run(chat_pair(stub), pair_items(2))
    assert run.rc == 75, run
    assert "is in use by another assize" in run.stderr
    stub.control(hold=False)
    assert running.wait().rc == 0


def test_the_default_job_directory(world):
    world.write("pair.v2.yaml", OVERLAP)
    world.write("some.jsonl", overlap_items(2))
    run = world.assize("run", "pair.v2.yaml", "some.jsonl")
    assert run.rc == 0, run
    job = world.path("some.pair.v2.assize")
    assert {"state.db", "panel.yaml", "verdicts.jsonl", "summary.json"} <= {
        p.name for p in job.iterdir()
    }
    assert "lexical" in (job / "panel.yaml").read_text()


def test_a_copy_in_item_order(world):
    run = world.run(OVERLAP, overlap_items(300), "-o", world.path("copy.jsonl"), "--brief")
    assert run.rc == 0, run
    rows = [json.loads(line) for line in world.path("copy.jsonl").read_text().splitlines()]
    assert [r["id"] for r in rows] == [f"q{i}" for i in range(300)]
    assert "ballots" not in rows[0]
    streamed = world.run(OVERLAP, overlap_items(300), "-o", "-", "--brief")
    assert streamed.stdout == world.path("copy.jsonl").read_text()
