"""`assize label`: picks, keys, and a file that always holds what was said."""

import json
import os
import pty
import select
import signal
import subprocess

import pytest

from conftest import BUILD, DEADLINE_S, read_jsonl
from test_report import PAIRS, pairs


def ungold(items):
    return [{k: v for k, v in i.items() if k != "gold"} for i in items]


@pytest.fixture
def job(world):
    return world.run(PAIRS, ungold(pairs(60))).job


def label(world, keys, *args):
    return subprocess.run([BUILD / "bin/assize", "label", *map(str, args)], input=keys, text=True,
                          capture_output=True, timeout=DEADLINE_S, cwd=world.path("."))


def test_labels_undo_and_skip(world, job):
    out = world.path("gold.jsonl")
    run = label(world, "1t2su1q", job, "-n", 8, "-o", out)
    assert run.returncode == 0, run.stderr
    gold = read_jsonl(out)
    assert len(gold) == 3 and gold[1]["gold"] == "tie"
    assert all(g["weight"] > 0 for g in gold)
    assert "3 labels" in run.stderr


def test_end_of_keys_is_the_end(world, job):
    run = label(world, "12", job, "-n", 8, "-o", world.path("gold.jsonl"))
    assert run.returncode == 0 and len(read_jsonl(world.path("gold.jsonl"))) == 2


def test_it_goes_on_and_weights_stay_honest(world, job):
    out = world.path("gold.jsonl")
    label(world, "1" * 60, job, "-n", 10, "-o", out)
    first = read_jsonl(out)
    assert len(first) == 10
    label(world, "2" * 60, job, "-n", 100, "-o", out)
    gold = read_jsonl(out)
    assert len(gold) == 60 and len({g["id"] for g in gold}) == 60
    # with every item labelled, its own draw and the rest together stand for all
    assert sum(g["weight"] for g in gold) == pytest.approx(60, rel=0.35)
    again = label(world, "", job, "-n", 5, "-o", out)
    assert "every item has a label already" in again.stderr


def test_what_is_labelled_counts_in_a_report(world, job):
    out = world.path("gold.jsonl")
    label(world, "1" * 60, job, "-n", 30, "-o", out)
    run = world.assize("report", job, "--gold", out, "-o", world.path("r.html"), "--json",
                       world.path("r.json"))
    assert run.rc == 0, run
    figures = json.loads(world.path("r.json").read_text())
    assert figures["counts"]["gold"] == 30
    assert figures["over_all"]["weighted"] and figures["over_all"]["items"] == 60
    assert any("unequal chances" in n for n in figures["notes"])


def test_it_says_how_many_more_labels_a_width_takes(world, job):
    out = world.path("gold.jsonl")
    few = label(world, "1" * 9, job, "-n", 9, "-o", out)
    assert "takes" not in few.stderr  # from so few nothing is said
    run = label(world, "1" * 60, job, "-n", 20, "-o", out)
    assert run.returncode == 0, run.stderr
    assert "over all items" in run.stderr and "29 of 60" in run.stderr
    assert "fewer than 50 labelled clusters: labels only" in run.stderr
    assert "right: to within 5 points takes " in run.stderr
    wide = label(world, "q", job, "-n", 5, "-o", out, "--width", 99)
    assert "right: an interval 99 points wide takes no more labels" in wide.stderr
    narrow = label(world, "q", job, "-n", 5, "-o", out, "--width", 0.1)
    assert "takes more than the 60 items there are" in narrow.stderr


@pytest.mark.parametrize("args, rc, text", [
    (["job", "-n", "5", "--width", "-3"], 64, "--width wants a number above 0"),
    (["-n", "5"], 64, "wants a SOURCE"),
    (["job"], 64, "wants -n N"),
    (["job", "-n", "0"], 64, "-n"),
    (["nowhere", "-n", "5"], 66, "nowhere"),
])
def test_bad_arguments(world, job, args, rc, text):
    run = label(world, "", *[job if a == "job" else a for a in args])
    assert run.returncode == rc and text in run.stderr, run.stderr


def test_a_gold_file_that_is_none_stays(world, job):
    out = world.write("gold.jsonl", "not gold\n")
    run = label(world, "1", job, "-n", 5, "-o", out)
    assert run.returncode != 0 and "line 1" in run.stderr
    assert out.read_text() == "not gold\n"


def test_ballots_without_texts(world):
    rows = "".join(f"i{i}\tj\tllm\t\t0\tA\t\n" for i in range(9))
    tsv = world.write("b.tsv", "item\tjudge\tkind\torder\tsample\tlabel\tscore\n" + rows)
    run = label(world, "1", tsv, "-n", 5)
    assert run.returncode == 64 and "--items" in run.stderr


# ---- a terminal ----


class Terminal:
    def __init__(self, folder, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["TERM"] = "xterm"
            os.execv(BUILD / "bin/assize", ["assize", "label", *map(str, args)])
        self.seen = ""

    def until(self, text):
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], DEADLINE_S)
            assert ready, self.seen
            try:
                chunk = os.read(self.fd, 65536).decode(errors="replace")
            except OSError:  # it has gone
                chunk = ""
            assert chunk, self.seen
            self.seen += chunk
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def key(self, key):
        os.write(self.fd, key.encode())

    def end(self):
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return status


def test_one_key_a_label(world, job):
    out = world.path("gold.jsonl")
    t = Terminal(world.path("."), job, "-n", 3, "-o", out)
    t.until("item 1 of 3")
    t.until("[q] quit")
    t.key("1")
    t.until("item 2 of 3, 1 labelled")
    assert len(read_jsonl(out)) == 1  # before the next is shown
    t.key("\033[A")  # an arrow is no label
    t.until("item 2 of 3, 1 labelled")
    t.key("2")
    t.until("item 3 of 3, 2 labelled")
    t.key("u")
    t.until("item 2 of 3, 1 labelled")
    t.key("q")
    t.until("1 label in")
    assert os.waitstatus_to_exitcode(t.end()) == 0


def test_two_at_one_file(world, job):
    """The second is refused, and takes over when the first is gone, or was killed."""
    out = world.path("gold.jsonl")
    t = Terminal(world.path("."), job, "-n", 3, "-o", out)
    t.until("[q] quit")
    t.key("1")
    t.until("item 2 of 3")
    run = label(world, "1q", job, "-n", 3, "-o", out)
    assert run.returncode == 75 and f"somebody else is labelling into '{out}'" in run.stderr
    assert label(world, "1q", job, "-n", 3, "-o", world.path("other.jsonl")).returncode == 0
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    assert label(world, "1q", job, "-n", 3, "-o", out).returncode == 0
    assert len(read_jsonl(out)) == 2 and not world.path("gold.jsonl.lock").exists()


def test_a_signal_gives_the_terminal_back(world, job):
    out = world.path("gold.jsonl")
    t = Terminal(world.path("."), job, "-n", 3, "-o", out)
    t.until("[q] quit")
    t.key("1")
    t.until("item 2 of 3")
    t.key("\003")  # Ctrl-C
    assert os.waitstatus_to_exitcode(t.end()) == -signal.SIGINT
    assert len(read_jsonl(out)) == 1
