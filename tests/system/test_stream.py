"""`run -o -` writes verdicts in item order while it runs, each once."""

import os

PANEL = """
question: pair
backends: [{{name: stub, kind: openai, url: "{url}"}}]
judges: [{{name: j, backend: stub, model: m}}]
"""
ITEMS = [{"id": f"q{i}", "prompt": f"{i}?", "responses": ["a", "b"]} for i in range(30)]


def stream(world, stub, *args):
    """A run with its stdout on a pipe: the running program and the pipe's end."""
    panel, items = world.write("panel.yaml", PANEL.format(url=stub.url)), world.write(
        "items.jsonl", ITEMS
    )
    read, write = os.pipe()
    running = world.command(
        "run", panel, items, "--job", "job", "--cache", "none", "-o", "-", *args, stdout=write
    )
    os.close(write)
    return running, os.fdopen(read)


def kept(world):
    return (world.path("job") / "verdicts.jsonl").read_text()


def test_verdicts_come_while_others_are_asked(world):
    stub = world.stub(votes="A", delay=20)
    running, out = stream(world, stub, "-j", "2")
    first = out.readline()
    assert stub.counts()["requests"] < 2 * len(ITEMS)
    text = first + out.read()
    assert running.wait().rc == 0
    assert text == kept(world)
    assert text.count("\n") == len(ITEMS)


def test_what_earlier_runs_decided_comes_too(world):
    stub = world.stub(votes="A")
    running, out = stream(world, stub, "--limit", "10")
    text = out.read()
    assert running.wait().rc == 0 and text.count("\n") == 10
    running, out = stream(world, stub)
    assert out.read().startswith(text)
    assert running.wait().rc == 0
    running, out = stream(world, stub, "--retry-failed", "--brief")
    assert out.read() == kept(world)
    assert running.wait().rc == 0


def test_a_closed_pipe_stops_the_run_and_keeps_the_state(world):
    stub = world.stub(votes="A", delay=20)
    running, out = stream(world, stub, "-j", "2")
    out.readline()
    out.close()
    done = running.wait()
    assert done.rc == 74 and "its reader has gone" in done.stderr, done
    running, out = stream(world, stub)
    text = out.read()
    assert running.wait().rc == 0
    assert text == kept(world) and text.count("\n") == len(ITEMS)
    assert stub.counts()["requests"] == 2 * len(ITEMS), "nobody is asked twice"


def test_no_items_leave_no_thread_behind(world):
    stub = world.stub(votes="A")
    panel = world.write("panel.yaml", PANEL.format(url=stub.url))
    assert world.assize("run", panel, "none.jsonl", "-o", "-").rc == 66
