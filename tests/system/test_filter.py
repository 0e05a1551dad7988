"""The filter: a stream in, the kept lines out, as they were and in order."""

import json
import os
import select
import subprocess

import pytest

from conftest import DEADLINE_S
from panels import OVERLAP, chat_pair, overlap_items, pair_items


class Pipes:
    """A filter whose both ends are held by the test."""

    def __init__(self, world, panel, *args, wrap=()):
        if isinstance(panel, str):
            panel = world.write("panel.yaml", panel)
        self.running = world.command(
            "filter", panel, "--cache", "none", *args,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, wrap=wrap,
        )
        self.stdin, self.stdout = self.running.process.stdin, self.running.process.stdout

    def write(self, data):
        self.stdin.write(data)
        self.stdin.flush()

    def line(self):
        """The next line of output, waited for."""
        line = b""
        while not line.endswith(b"\n"):
            assert select.select([self.stdout], [], [], DEADLINE_S)[0], "nothing came"
            byte = os.read(self.stdout.fileno(), 1)
            assert byte, f"the output ended: {self.running.wait()}"
            line += byte
        return line

    def end(self, data=b""):
        """(what finished, the rest of the output)"""
        try:
            self.stdin.write(data)
            self.stdin.close()
        except BrokenPipeError:
            pass
        rest = self.stdout.read()
        return self.running.wait(), rest


def filtered(world, data, *args, panel=OVERLAP):
    if not isinstance(data, bytes):
        data = b"".join(json.dumps(row).encode() + b"\n" for row in data)
    source = world.path("stdin")
    source.write_bytes(data)
    if isinstance(panel, str):
        panel = world.write("panel.yaml", panel)
    out = world.path("kept")
    with open(source, "rb") as i, open(out, "wb") as o:
        run = world.command("filter", panel, "--cache", "none", *args, stdin=i, stdout=o).wait()
    return run, out.read_bytes()


def test_a_line_comes_out_before_the_input_ends(world):
    pipes = Pipes(world, OVERLAP)
    for n in range(3):
        line = b'{"n": %d, "response": "yes", "reference": "yes"}\n' % n
        pipes.write(line)
        assert pipes.line() == line
    run, rest = pipes.end()
    assert (run.rc, rest) == (0, b""), run
    assert "kept 3 of 3 lines" in run.stderr


def test_byte_for_byte_and_in_order(world):
    yes = b'"reference": "yes", "response": "yes"}'
    lines = [
        b"{" + yes + b"\n",
        b"  {\t" + yes + b"  \r\n",
        b'{"x": 1e2, "x\\u0041": "\\u00e9 \xc3\xa9 \xf0\x9f\xa6\x89", ' + yes + b"\r\n",
        b"\n",
        b'{"drop": 1, "reference": "yes", "response": "no"}\n',
        b"{" + yes,
    ]
    run, kept = filtered(world, b"".join(lines))
    assert kept == b"".join(lines[:3]) + lines[5]
    assert run.rc == 0, run


def test_order_with_answers_that_overtake(world):
    stub = world.stub(votes="A", delay="uniform:0:20")
    items = pair_items(300)
    run, kept = filtered(world, items, "--keep", "label == 'A'", panel=chat_pair(stub))
    assert run.rc == 0, run
    assert [json.loads(line)["id"] for line in kept.splitlines()] == [i["id"] for i in items]


KEEP = [
    ("score >= 0.5", [1, 3]),
    ("not (score >= 0.5)", [0, 2]),
    ("score < 0.5 and share > 0.6 or id == 'q3'", [0, 2, 3]),
    ("meta.n >= 2", [2, 3]),
    ("item.response == 'no'", [0, 2]),
    ("status == 'abstained'", []),
]


@pytest.mark.parametrize("expr, kept", KEEP)
def test_keep(world, expr, kept):
    items = [{**item, "meta": {"n": n}} for n, item in enumerate(overlap_items(4))]
    run, out = filtered(world, items, "--keep", expr)
    assert run.rc == 0, run
    assert [json.loads(line)["id"] for line in out.splitlines()] == [f"q{n}" for n in kept]


@pytest.mark.parametrize(
    "expr, message",
    [("score >= 4 and shar > 0.6", "column 16"), ("score >=", "column 9"), ("not (id == 3", "column 5")],
)
def test_a_mistake_is_told_before_the_first_line(world, expr, message):
    pipes = Pipes(world, OVERLAP, "--keep", expr)
    run = pipes.running.wait()  # its input is open still
    assert (run.rc, f"--keep: {message}" in run.stderr) == (64, True), run


def test_nothing_says_what_passes(world):
    panel = "question: {kind: pair}\njudges: [lexical/token_f1]\n"
    run, _ = filtered(world, b"", panel=panel)
    assert (run.rc, "Give --keep EXPR" in run.stderr) == (64, True), run


def test_annotate_and_rejects(world):
    run, kept = filtered(
        world, overlap_items(4), "--annotate", "judged by", "--rejects", world.path("rejects")
    )
    assert run.rc == 0, run
    rejects = world.path("rejects").read_bytes()
    rows = [json.loads(line) for line in (rejects + kept).splitlines()]
    assert [row["id"] for row in rows] == ["q0", "q2", "q1", "q3"]
    assert [row["judged by"]["score"] for row in rows] == [0, 0, 1, 1]
    assert kept.startswith(b'{"id": "q1", "prompt": "p", "response": "yes", "reference": "yes","')


def test_what_cannot_be_judged_does_not_pass(world):
    data = b"".join(json.dumps(row).encode() + b"\n" for row in overlap_items(2))
    data += b'{"id": "no reference", "response": "yes"}\n{"broken\n'
    for expr in ("score >= 0", "not (score > 7)", "status != 'x'"):
        run, kept = filtered(world, data, "--keep", expr, "--rejects", world.path("rejects"))
        assert run.rc == 65, run
        assert kept + world.path("rejects").read_bytes() == data
        assert len(kept.splitlines()) == 2
        assert "kept 2 of 4 lines (50.0%); 0 abstained, 1 failed, 1 bad, 0 left" in run.stderr
        assert "stdin: line 4: not JSON" in run.stderr


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def test_back_pressure_and_flat_memory(world):
    """200,000 lines, and nobody reads: the writer is stopped, memory is bounded."""
    line = json.dumps({"response": "yes", "reference": "yes", "pad": "x" * 400}).encode() + b"\n"
    pipes = Pipes(world, OVERLAP)
    os.set_blocking(pipes.stdin.fileno(), False)
    total, sent, block = 200_000 * len(line), 0, line * 1000

    def fill():
        n = 0
        while sent + n < total:
            at = (sent + n) % len(block)
            try:
                n += os.write(pipes.stdin.fileno(), block[at : at + total - sent - n])
            except BlockingIOError:
                break
        return n

    # Full for a second: more than the window can never be taken.
    while select.select([], [pipes.stdin], [], 1)[1]:
        sent += fill()
    assert 16384 * len(line) <= sent < total / 4
    got = 0
    while got < total:
        reads, writes, _ = select.select(
            [pipes.stdout], [pipes.stdin] if sent < total else [], [], DEADLINE_S
        )
        assert reads or writes, f"stuck at {sent} bytes in, {got} out"
        if writes:
            sent += fill()
        if reads:
            got += len(os.read(pipes.stdout.fileno(), 1 << 20))
    if "asan" not in os.environ.get("ASSIZE_BUILD", ""):
        assert rss_kb(pipes.running.process.pid) < 120_000
    run, rest = pipes.end()
    assert (run.rc, rest) == (0, b""), run


def test_little_address_space(world):
    """Memory that is refused ends it cleanly or is not needed: never a crash."""
    if "san" in os.environ.get("ASSIZE_BUILD", ""):
        pytest.skip("sanitizers need address space")
    for limit_kb in (1_000_000, 300_000, 100_000):
        wrap = ["bash", "-c", f'ulimit -v {limit_kb}; exec "$@"', "limited"]
        pipes = Pipes(world, OVERLAP, wrap=wrap)
        run, out = pipes.end(b'{"response": "yes", "reference": "yes"}\n' * 5000)
        assert run.rc in (0, 70), run
        if run.rc == 0:
            assert len(out.splitlines()) == 5000
        else:
            assert "out of memory" in run.stderr or "cannot start thread" in run.stderr


def test_a_stuck_head_is_freed_by_item_s(world):
    stub = world.stub(votes="A", fault="hang:nth=1")
    pipes = Pipes(world, chat_pair(stub, item_s=1, timeout_s=3), "--keep", "label == 'A'")
    lines = [json.dumps(row).encode() + b"\n" for row in pair_items(20)]
    pipes.write(lines[0])
    stub.wait(in_flight=1)
    pipes.write(b"".join(lines[1:]))
    assert [pipes.line() for _ in lines[1:]] == lines[1:]
    assert stub.counts()["in_flight"] == 1  # the call hangs still
    run, rest = pipes.end()
    assert (run.rc, rest) == (65, b""), run
    assert "kept 19 of 20 lines (95.0%); 0 abstained, 1 failed" in run.stderr


def test_a_filter_with_a_job_goes_on(world):
    stub = world.stub(votes="A", hold=True)
    panel = world.write("panel.yaml", chat_pair(stub))
    items = pair_items(30)
    data = b"".join(json.dumps(row).encode() + b"\n" for row in items + items[:3])
    args = ("--keep", "label == 'A'", "--job", "job")
    first = Pipes(world, panel, *args)
    first.write(data[: data.index(b'"q10"') - 7])
    stub.wait(requests=10)
    stub.control(hold=False)
    assert first.line() == data.splitlines(True)[0]
    for _ in range(9):
        first.line()
    first.running.kill9()

    run, kept = filtered(world, data, *args, panel=panel)
    assert (run.rc, kept) == (0, data), run
    assert "kept 33 of 33 lines" in run.stderr
    assert stub.counts()["requests"] == 30
    assert len(run.verdicts()) == 30
    assert run.summary()["decided"] == 30

    run, kept = filtered(world, data, *args, panel=panel)
    assert (run.rc, kept) == (0, data), run
    assert stub.counts()["requests"] == 30


def test_a_backend_that_refuses(world):
    stub = world.stub(fault="401")
    run, kept = filtered(world, pair_items(5), "--keep", "share > 0", panel=chat_pair(stub))
    assert (run.rc, kept) == (69, b""), run
    assert "backend 'stub' stopped" in run.stderr


def test_nothing_in_nothing_out(world):
    assert filtered(world, b"")[0].rc == 0


def test_strict(world):
    data = b'{"response": "yes", "reference": "yes"}\n{\n' + b'{"response": "no"}\n' * 10
    run, kept = filtered(world, data, "--strict")
    assert run.rc == 65, run
    assert kept == data[: data.index(b"\n") + 1]
