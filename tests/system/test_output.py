"""Output that cannot be written: 74, a clear message, the state kept, and the
same command goes on."""

import contextlib
import os
import sqlite3
import subprocess

import pytest

from panels import OVERLAP, chat_pair, overlap_items, pair_items


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of `size`; skips where it cannot be made."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a small file system needs root and mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def grow(folder, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


def ballots(job):
    with contextlib.closing(sqlite3.connect(f"file:{job}/state.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM ballots").fetchone()[0]


def test_full_disk(world):
    stub = world.stub(votes="A")
    items = [{**item, "context": os.urandom(1000).hex()} for item in pair_items(3000)]
    with small_disk(world.path("disk"), "2m") as disk:
        run = world.run(chat_pair(stub), items, "--job", disk / "job")
        assert run.rc == 74, run
        assert "Make room" in run.stderr
        asked = stub.counts()["requests"]
        grow(disk, "64m")
        kept = ballots(disk / "job")
        assert 0 < kept <= asked
        again = world.run(chat_pair(stub), items, "--job", disk / "job")
        assert again.rc == 0, again
        assert len(again.verdicts()) == 3000
        assert stub.counts()["requests"] == asked + 3000 - kept


def test_full_disk_of_the_copy(world):
    with small_disk(world.path("disk"), "64k") as disk:
        run = world.run(OVERLAP, overlap_items(2000), "-o", disk / "copy.jsonl")
        assert run.rc == 74, run
        assert "cannot write" in run.stderr and "No space left" in run.stderr
        assert not list(disk.iterdir())  # no half of a file
        grow(disk, "64m")
        assert world.run(OVERLAP, overlap_items(2000), "-o", disk / "copy.jsonl").rc == 0


@pytest.mark.parametrize("option", ["-o", "--json-summary"])
def test_a_folder_that_is_not_there_is_told_before_anybody_is_asked(world, option):
    stub = world.stub()
    path = world.path("no/copy.jsonl")
    run = world.run(chat_pair(stub), pair_items(2), option, path)
    assert (run.rc, f"cannot write '{path}'" in run.stderr) == (74, True), run
    assert stub.counts()["requests"] == 0
    path.parent.mkdir()
    assert world.run(chat_pair(stub), pair_items(2), option, path).rc == 0
    assert path.exists()


def closed_pipe():
    read, write = os.pipe()
    os.close(read)
    return write


def test_closed_pipe_of_a_run(world):
    items = world.write("items.jsonl", overlap_items(2000))
    panel = world.write("p.yaml", OVERLAP)
    args = ["run", panel, items, "--job", "job", "-o", "-"]
    pipe = closed_pipe()
    run = world.command(*args, stdout=pipe).wait()
    os.close(pipe)
    assert run.rc == 74, run
    assert "cannot write 'stdout': its reader has gone" in run.stderr
    again = world.assize(*args)
    assert again.rc == 0 and len(again.stdout.splitlines()) == 2000


def test_closed_pipe_of_a_filter(world):
    """Its input stays open and idle: that must not hold it."""
    panel = world.write("p.yaml", OVERLAP)
    pipe = closed_pipe()
    filter_ = world.command("filter", panel, stdin=subprocess.PIPE, stdout=pipe)
    os.close(pipe)
    filter_.process.stdin.write(b'{"prompt": "p", "response": "yes", "reference": "yes"}\n')
    filter_.process.stdin.flush()
    run = filter_.wait()
    assert run.rc == 74, run
    assert "its reader has gone" in run.stderr
