"""Pipes that end early, or never: nothing is lost, and nothing waits for ever."""

import contextlib
import os
import sqlite3

import pytest

PANEL = "question: {kind: pair}\njudges: [{name: o, backend: lexical, model: length}]\n"
ITEMS = [{"id": f"q{i}", "prompt": "x", "responses": ["longer", f"{i}"]} for i in range(40)]


@pytest.fixture
def pipe():
    """A pipe that stays open and silent: its reading end, its writing end."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def decided(job):
    if not (job / "state.db").exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{job}/state.db?mode=ro", uri=True)) as db:
        try:
            return db.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        except sqlite3.OperationalError:
            return 0  # it is being made


def lines_of(world):
    return world.write("items.jsonl", ITEMS).read_bytes()


def test_a_sample_of_a_fifo_is_refused(world):
    fifo = world.path("fifo")
    os.mkfifo(fifo)
    running = world.start(PANEL, fifo, "--sample", "3")
    with open(fifo, "w"):
        run = running.wait()
    assert run.rc == 64, run
    assert "reads the items twice" in run.stderr


@pytest.mark.parametrize("signal", ["interrupt", "term"])
def test_the_first_signal_ends_a_run_whose_input_is_silent(world, pipe, signal):
    reader, writer = pipe
    world.write("panel.yaml", PANEL)
    os.write(writer, lines_of(world))
    running = world.command("run", "panel.yaml", "-", "--job", "job", "--cache", "none", stdin=reader)
    running.wait_until(lambda: decided(running.job) == len(ITEMS))
    getattr(running, signal)()
    run = running.wait()
    assert run.rc == 75, run
    assert len(run.verdicts()) == len(ITEMS)


def test_a_filter_whose_reader_has_gone_ends_although_its_input_is_silent(world, pipe):
    reader, writer = pipe
    world.write("panel.yaml", PANEL)
    os.write(writer, lines_of(world))
    with open("/dev/full", "w") as full:
        running = world.command(
            *["filter", "panel.yaml", "--keep", 'label == "A"', "--cache", "none"],
            stdin=reader,
            stdout=full,
        )
        run = running.wait()
    assert run.rc == 74, run
    assert "No space left on device" in run.stderr
