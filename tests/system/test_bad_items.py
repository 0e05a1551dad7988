"""Items that are wrong: told by line, counted, and the rest goes on."""

import gzip
import json
import os
import shutil
import subprocess

import pytest

from panels import OVERLAP, overlap_items, pair_items

PAIR = "question: {kind: pair}\njudges: [lexical/token_f1]\n"


def good(name, **more):
    return json.dumps({"id": name, "prompt": "p", "response": "yes", "reference": "yes", **more})


def with_bytes(world, *lines):
    path = world.path("items.jsonl")
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return path


def test_bad_lines_are_told_and_the_rest_goes_on(world):
    items = with_bytes(
        world,
        good("a"),
        '{"id": "b", "prompt": ',
        b'{"id": "c", "prompt": "p", "response": "\xff"}',
        b'{"id": "d", "prompt": "p", "response": "x\0y"}',
        "[1, 2]",
        "",
        good("a"),
        good("a", response="no"),
        '{"id": "e", "prompt": "p", "response": "' + "x" * 50_000_000 + '"}',
        good("z"),  # and no newline
    )
    run = world.run(OVERLAP, items)
    assert run.rc == 65, run
    assert [v["id"] for v in run.verdicts()] == ["a", "z"]
    for message in [
        "line 2: not JSON",
        "line 3: not UTF-8 at byte",
        "line 4: a NUL character at byte",
        "line 5: the line is an array, expected an object",
        "line 8: id 'a' again, with another content",
        "line 9: 50000043 bytes, at most 16777216 are read",
        "1 line repeats an earlier item: judged once",
    ]:
        assert message in run.stderr
    summary = run.summary()
    assert (summary["items"], summary["decided"], summary["bad_lines"]) == (2, 2, 6)


def test_a_missing_field(world):
    items = [{**item, "reference": "one"} for item in pair_items(3)]
    del items[1]["responses"]
    run = world.run(PAIR, items)
    assert run.rc == 65, run
    assert "items.jsonl: line 2: " in run.stderr and "responses" in run.stderr
    assert run.summary()["bad_lines"] == 1


def test_how_much_may_fail(world):
    items = with_bytes(world, *[good(f"q{i}") for i in range(9)], "{")
    assert world.run(OVERLAP, items).rc == 65
    assert world.run(OVERLAP, items, "--max-failed", "9.9%").rc == 65
    assert world.run(OVERLAP, items, "--max-failed", "10%").rc == 0


def test_strict_stops_at_the_first(world):
    items = with_bytes(world, good("a"), "{", good("b"))
    run = world.run(OVERLAP, items, "--strict")
    assert run.rc == 65, run
    assert "line 2: not JSON" in run.stderr and "Without --strict" in run.stderr
    assert [v["id"] for v in run.verdicts()] == ["a"]


def test_many_bad_lines_are_not_all_shown(world):
    items = with_bytes(world, *["{"] * 100, good("a"))
    run = world.run(OVERLAP, items)
    assert run.rc == 65 and run.summary()["bad_lines"] == 100
    assert run.stderr.count("not JSON") == 10
    assert "more bad lines" in run.stderr


def test_unknown_gold_is_judged_and_told(world):
    items = pair_items(4)
    items[0]["gold"], items[1]["gold"] = "A", "purple"
    run = world.run(PAIR, [{**item, "reference": "one"} for item in items])
    assert run.rc == 0, run
    assert "1 item has a gold answer that is none of the question's" in run.stderr
    assert len(run.verdicts()) == 4
    assert run.summary()["panel"]["n"] == 1


def test_no_items(world):
    panel = world.write("p.yaml", OVERLAP)
    world.write("empty.jsonl", "")
    world.write("blank.jsonl", "\n  \n\n")
    for items, rc, message in [
        ("none.jsonl", 66, "no such file 'none.jsonl'"),
        (".", 66, "'.' is a directory"),
        ("empty.jsonl", 66, "'empty.jsonl' is empty"),
    ]:
        run = world.assize("run", panel, items, "--job", "job")
        assert (run.rc, message in run.stderr) == (rc, True), run
        assert not world.path("job").exists()
    assert world.assize("run", panel, "blank.jsonl").rc == 0  # nothing to judge


def zstd(data):
    if not shutil.which("zstd"):
        pytest.skip("no zstd program")
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_compressed(world, pack):
    raw = "".join(json.dumps(row) + "\n" for row in overlap_items(3000)).encode()
    packed = pack(raw)
    path = world.path("items.packed")
    path.write_bytes(packed)
    run = world.run(OVERLAP, path)
    assert run.rc == 0 and len(run.verdicts()) == 3000, run

    path.write_bytes(packed[:-20])
    cut = world.run(OVERLAP, path, "--job", world.path("cut"))
    assert cut.rc == 66, cut
    verdicts = cut.verdicts()
    assert f"after {len(verdicts)} lines: " in cut.stderr and "cut off at byte" in cut.stderr
    assert verdicts == run.verdicts()[: len(verdicts)]

    path.write_bytes(packed)
    whole = world.run(OVERLAP, path, "--job", world.path("cut"))
    assert whole.rc == 0 and whole.verdicts() == run.verdicts()


def test_a_named_pipe(world):
    path = world.path("pipe")
    os.mkfifo(path)
    running = world.start(OVERLAP, path)
    with open(path, "w") as pipe:
        pipe.writelines(json.dumps(row) + "\n" for row in overlap_items(50))
    run = running.wait()
    assert run.rc == 0 and len(run.verdicts()) == 50, run
