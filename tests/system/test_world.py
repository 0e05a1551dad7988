"""The world starts, watches and kills what it says it does."""

import contextlib
import sqlite3

import pytest

PANEL = """\
question: {{kind: pair, ties: false}}
backends:
  - {{name: stub, kind: openai, url: "{url}", slots: 8}}
judges:
  - {{name: a, backend: stub, model: judge-a, orders: both}}
  - {{name: b, backend: stub, model: judge-b, orders: both}}
limits: {{timeout_s: 20}}
"""

ITEMS = [
    {"id": f"q{i}", "prompt": f"Say {i}.", "responses": [f"It is {i}.", f"{i}?"]} for i in range(40)
]


def answers(run):
    """What was decided, without what differs from run to run (cost in time)."""
    for verdict in run.verdicts():
        for ballot in verdict["ballots"]:
            ballot.pop("ms")
        yield verdict


def durable(job):
    """Ballots that are committed."""
    with contextlib.closing(sqlite3.connect(f"file:{job}/state.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM ballots").fetchone()[0]


def test_killed_and_run_again_is_as_if_never_killed(world):
    whole_stub = world.stub()
    whole = world.run(PANEL.format(url=whole_stub.url), ITEMS, "--job", world.path("whole"))
    assert whole.rc == 0, whole
    assert whole_stub.counts()["completions"] == 4 * len(ITEMS)

    stub = world.stub()
    panel = PANEL.format(url=stub.url)
    running = world.start(panel, ITEMS)
    stub.wait(completions=60)
    stub.control(hold=True)  # so that it dies with calls under way
    answered = stub.wait(in_flight=8)["completions"]
    running.wait_until(lambda: durable(running.job) == answered)
    assert running.kill9().rc == -9
    stub.wait(dropped=8, below_in_flight=1)
    stub.control(hold=False)

    run = world.run(panel, ITEMS)
    assert run.rc == 0, run
    assert list(answers(run)) == list(answers(whole))
    counts = stub.counts()
    assert (counts["answered_again"], counts["asked_again"]) == (0, 8)
    assert counts["completions"] == 4 * len(ITEMS)


def test_slots_are_never_passed(world):
    stub = world.stub(hold=True)
    running = world.start(PANEL.format(url=stub.url), ITEMS)
    stub.wait(in_flight=8)
    stub.control(hold=False)
    assert running.wait().rc == 0
    assert stub.counts()["in_flight_max"] == 8


def test_a_program_that_ends_first_fails_the_wait(world):
    running = world.command("--version")
    with pytest.raises(AssertionError, match="ended first"):
        running.wait_until(lambda: False)
