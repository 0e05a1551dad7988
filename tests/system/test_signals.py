"""Ctrl-C: the first asks nobody new and keeps the state, the second leaves at once."""

import json
import subprocess

import pytest

from panels import chat_pair, pair_items


def test_first_and_second(world):
    stub = world.stub(votes="A", hold=True)
    panel = chat_pair(stub).replace('/v1"', '/v1", slots: 4')
    running = world.start(panel, pair_items(50))
    stub.wait(requests=4)
    running.interrupt()
    stub.control(hold=False)
    run = running.wait()
    assert run.rc == 75, run
    assert "the same command goes on" in run.stderr
    asked = stub.counts()["requests"]
    assert asked < 50 and len(run.verdicts()) == asked
    assert run.summary()["left"] == 50 - asked

    stub.control(hold=True)
    running = world.start(panel, pair_items(50))
    stub.wait(requests=asked + 4)
    running.interrupt()
    running.wait_until(lambda: "once more" in running.stderr())
    running.interrupt()
    assert running.wait().rc == 130
    stub.wait(below_in_flight=1)
    stub.control(hold=False)

    run = world.run(panel, pair_items(50))
    assert run.rc == 0 and len(run.verdicts()) == 50, run
    assert stub.counts()["requests"] == 50 + 4


@pytest.mark.parametrize("signal", ["interrupt", "term"])
def test_a_filter_whose_input_is_idle(world, signal):
    stub = world.stub(votes="A")
    panel = world.write("panel.yaml", chat_pair(stub))
    running = world.command(
        "filter", panel, "--keep", "share > 0", "--cache", "none", stdin=subprocess.PIPE
    )
    running.process.stdin.write(json.dumps(pair_items(1)[0]).encode() + b"\n")
    running.process.stdin.flush()
    stub.wait(completions=1)
    getattr(running, signal)()
    run = running.wait()
    assert run.rc == 75, run
