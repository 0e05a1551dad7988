"""What a person sees: the progress line, the summary, and summary.json beside it."""

import json
import os
import pty
import re
import select
import struct
import termios
from fcntl import ioctl

import pytest

from conftest import DEADLINE_S
from panels import OVERLAP, chat_pair, overlap_items, pair_items

TERMINAL = {"TERM": "xterm-256color"}


class Terminal:
    """A pseudo terminal, 100 columns wide, that a program's stderr is."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.text = ""

    def read_until(self, pattern):
        while not re.search(pattern, self.text):
            assert select.select([self.ours], [], [], DEADLINE_S)[0], f"not seen: {self.text!r}"
            self.text += os.read(self.ours, 65536).decode()
        return self.text

    def rest(self):
        os.close(self.theirs)
        while True:
            try:
                data = os.read(self.ours, 65536)
            except OSError:  # EIO: nobody has the other end any more
                data = b""
            if not data:
                os.close(self.ours)
                return self.text
            self.text += data.decode()


def test_progress_in_a_terminal(world):
    stub = world.stub(votes="A", hold=True)
    panel = world.write("panel.yaml", chat_pair(stub))
    items = world.write("items.jsonl", pair_items(40))
    terminal = Terminal()
    running = world.command(
        "run", panel, items, "--job", "job", "--cache", "none",
        stderr=terminal.theirs, env=TERMINAL,
    )
    stub.wait(requests=1)
    terminal.read_until(r"\r\033\[K.*0/40")
    stub.control(hold=False)
    terminal.read_until("40/40")
    assert running.wait().rc == 0
    lines = re.split(r"\r\033\[K", terminal.rest())
    drawn = [line for line in lines if "/40" in line and "\n" not in line]
    assert drawn and all(len(line) < 100 for line in drawn)
    assert lines[-1].count("\n") > 3  # the summary stands below the last line


def test_how_right_judges_look_while_it_runs(world):
    """With gold on every item it doesn't depend on which was done first."""
    stub = world.stub(votes=["A@m0", "A@m1", "B@m2"])
    panel = world.write("panel.yaml", chat_pair(stub, judges=3))
    items = world.write("items.jsonl", [{**item, "gold": "AAAB"[i % 4]}
                                        for i, item in enumerate(pair_items(40))])
    terminal = Terminal()
    running = world.command("run", panel, items, "--job", "job", "--cache", "none",
                            stderr=terminal.theirs, env=TERMINAL)
    assert running.wait().rc == 0
    last = [line for line in re.split(r"\r\033\[K", terminal.rest()) if "40/40" in line][-1]
    assert "right: j2 ~31%; j0 ~76%; j1 ~76%" in last, last


def test_plain_when_nobody_looks(world):
    run = world.run(OVERLAP, overlap_items(5), env=TERMINAL)
    assert "\r" not in run.stderr and "\033" not in run.stderr
    assert "/5" not in run.stderr  # it took less than ten seconds


def test_color_is_for_terminals_that_want_it(world):
    for env, colored in [({}, True), ({"NO_COLOR": "1"}, False)]:
        terminal = Terminal()
        panel, items = world.write("p.yaml", OVERLAP), world.write("i.jsonl", overlap_items(5))
        world.command("run", panel, items, stderr=terminal.theirs, env={**TERMINAL, **env}).wait()
        assert ("\033[1m" in terminal.rest() or "\033[2m" in terminal.text) == colored


def test_summary_and_its_numbers(world):
    stub = world.stub(votes=["A@m0", "A@m1", "B@m2"], usd_in=1)
    items = [
        {**item, "gold": "AAAB"[i % 4], "systems": ["x", "y"]}
        for i, item in enumerate(pair_items(40))
    ]
    run = world.run(chat_pair(stub, judges=3), items, "--json-summary", world.path("s.json"))
    assert run.rc == 0, run
    summary = run.summary()
    assert json.loads(world.path("s.json").read_text()) == summary
    assert summary["format"] == "summary/1"
    assert (summary["items"], summary["decided"], summary["calls"]["made"]) == (40, 40, 120)
    assert (summary["panel"]["accuracy"], summary["panel"]["n"]) == (0.75, 40)
    assert [j["accuracy"] for j in summary["judges"]] == [0.75, 0.75, 0.25]
    assert summary["systems"][0]["wins"] == 40

    text = run.stderr
    assert len(text.splitlines()) <= 25
    for shown in [
        "40 items: 40 decided, 0 abstained, 0 failed",
        "calls: 120 made, 0 cached, 0 retried",
        "win rate x 100.0%",
        "40 won",
        "panel against gold: 75.0%",
        "judge error not included",
        "next: assize ",
    ]:
        assert shown in text, text
    for judge, accuracy in [("j0", "75.0%"), ("j2", "25.0%")]:
        (row,) = [line for line in text.splitlines() if line.startswith(judge + " ")]
        assert accuracy in row and "100.0%" in row


def test_summary_of_many_judges_is_short_too(world):
    stub = world.stub(votes="A", fault=["outside:0.3@m3", "500@m7"])
    run = world.run(chat_pair(stub, judges=30), pair_items(5))
    assert len(run.stderr.splitlines()) <= 25, run
    assert len(run.summary()["judges"]) == 30


def test_quiet(world):
    stub = world.stub(votes="A")
    run = world.run(chat_pair(stub), pair_items(3), "--quiet")
    assert (run.rc, run.stdout, run.stderr) == (0, "", ""), run
    assert run.summary()["decided"] == 3


def test_judge_error_is_mentioned_without_gold(world):
    run = world.run(OVERLAP, overlap_items(40))
    assert "judge error not included (no item has gold)" in run.stderr
    assert run.summary()["pass_rate"]["note"] == "judge error not included"


def ids(run):
    return [v["id"] for v in run.verdicts()]


def test_limit(world):
    first = world.run(OVERLAP, overlap_items(20), "--limit", 5)
    assert first.rc == 0 and ids(first) == [f"q{i}" for i in range(5)], first
    assert ids(world.run(OVERLAP, overlap_items(20))) == [f"q{i}" for i in range(20)]


def test_sample(world):
    def drawn(*args):
        run = world.run(OVERLAP, overlap_items(400), "--job", world.path("-".join(args)), *args)
        assert run.rc == 0 and run.summary()["left"] == 0, run
        return set(ids(run))

    assert len(drawn("--sample", "30")) == 30
    assert drawn("--sample", "30") < drawn("--sample", "60")
    assert drawn("--sample", "30") != drawn("--sample", "30", "--seed", "7")
    tenth = drawn("--sample", "10%")
    assert 15 <= len(tenth) <= 70
    assert tenth < drawn("--sample", "20%")
    assert len(drawn("--sample", "1000")) == 400


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.csv"])
def test_gold_from_a_file(world, name):
    stub = world.stub(votes="A")
    gold = {"q0": "A", "q1": "B", "q2": "A", "q3": "nonsense", "unknown": "A"}
    if name.endswith("csv"):
        world.write(name, "gold,id\n" + "".join(f"{g},{i}\n" for i, g in gold.items()))
    else:
        world.write(name, [{"id": i, "gold": g} for i, g in gold.items()])
    run = world.run(chat_pair(stub), pair_items(6), "--gold", world.path(name))
    assert run.rc == 0, run
    panel = run.summary()["panel"]
    assert (panel["n"], round(panel["accuracy"], 6)) == (3, 0.666667)
    assert "1 item has a gold answer that is none of the question's" in run.stderr


def test_gold_that_comes_later(world):
    stub = world.stub(votes="A")
    world.run(chat_pair(stub), pair_items(4))
    gold = world.write("gold.csv", "id,gold\nq0,A\nq1,A\nq2,B\nq3,A\n")
    run = world.run(chat_pair(stub), pair_items(4), "--gold", gold)
    assert run.rc == 0 and stub.counts()["requests"] == 4, run
    assert run.summary()["panel"]["accuracy"] == 0.75


def test_gold_of_other_items(world):
    gold = world.write("gold.csv", "id,gold\nitem-0,1\n")
    run = world.run(OVERLAP, overlap_items(2), "--gold", gold)
    assert run.rc == 0 and "none of its ids is an item's" in run.stderr, run


def test_one_cluster_has_no_interval(world):
    """The same prompt everywhere, and then each item on its own."""
    run = world.run(OVERLAP, overlap_items(4))
    assert "mean score 0.500, n 4 (no interval: the items are one cluster)" in run.stderr, run
    run = world.run(OVERLAP + "fields: {cluster: id}\n", overlap_items(4), "--job", "apart")
    assert "no interval" not in run.stderr and "mean score 0.500 (" in run.stderr, run


def test_a_broken_gold_file(world):
    gold = world.write("gold.csv", "id,gold\nq0,A\nq0,B\n")
    run = world.run(OVERLAP, overlap_items(2), "--gold", gold)
    assert (run.rc, "line 3: id 'q0' again" in run.stderr) == (78, True), run
    assert not run.job.exists()


def test_require(world):
    for expr, rc in [
        ("decided == 10 and pass_rate.value == 0.5", 0),
        ("pass_rate.value > 0.5", 1),
        ("panel.accuracy >= 0.1", 1),  # there is no gold: not shown to hold
    ]:
        run = world.run(OVERLAP, overlap_items(10), "--require", expr)
        assert run.rc == rc, run
        assert ("--require does not hold" in run.stderr) == (rc == 1)


def test_require_is_checked_before_anything_is_paid(world):
    run = world.run(OVERLAP, overlap_items(2), "--require", "panel.acuracy >= 0.1")
    assert run.rc == 64 and "Did you mean 'panel.accuracy'?" in run.stderr, run
    assert not run.job.exists()
