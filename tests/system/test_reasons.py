"""Rationales are read where that is better than the labels alone, and nowhere else."""

import json
import random

from conftest import read_jsonl
from panels import pair_items
from test_recorded import recorded

TELLS = {True: ["clearly right", "it is plainly so", "no doubt at all"],
         False: ["hard to say", "both have a point", "perhaps"]}


def draw(world, n, telling, labelled):
    """A judge that is right on two of three and another; the first one's words tell on which
    where they are `telling`. Writes items, ballots and gold; returns the truths."""
    rng = random.Random(4)
    truths, ballots = [], []
    for i in range(n):
        truths.append(rng.choice("AB"))
        for judge, rate in (("a", 0.67), ("b", 0.6)):
            right = rng.random() < rate
            says = right if rng.random() < 0.9 else not right
            words = TELLS[says if telling and judge == "a" else rng.random() < 0.5]
            ballots.append({"item": f"q{i}", "judge": judge, "order": None, "sample": 0,
                            "label": truths[i] if right else "BA"["AB".index(truths[i])],
                            "rationale": rng.choice(words)})
    world.write("items.jsonl", pair_items(n))
    world.write("past.jsonl", ballots)
    world.write("gold.jsonl", [{"id": f"q{i}", "gold": t} for i, t in enumerate(truths[:labelled])])
    return truths


def calibrate(world, *args, panel=()):
    run = world.assize("calibrate", *panel, "past.jsonl", "--items", "items.jsonl", "--gold", "gold.jsonl",
                       "-o", "c.json", *args)
    assert run.rc == 0, run
    return run.stderr, json.loads(world.path("c.json").read_text())


def right(path, truths, since):
    verdicts = read_jsonl(path)[since:]
    return sum(v["label"] == truths[int(v["id"][1:])] for v in verdicts) / len(verdicts)


def test_words_that_tell_are_read(world):
    truths = draw(world, 600, True, 300)
    said, made = calibrate(world)
    assert "they are used" in said and "auto, reasons read" in said
    assert [r["judge"] for r in made["reasons"]] == ["a"]
    figures = made["figures"]["reasons"]
    assert figures["panel"]["gain"]["low"] > 0 and figures["judges"]["b"]["used"] is False
    run = world.assize("decide", "past.jsonl", "--items", "items.jsonl", "--calibration", "c.json",
                       "-q", "-o", "read.jsonl")
    assert run.rc == 0, run
    assert right(world.path("read.jsonl"), truths, 300) > 0.8
    assert all(0 < v["p"] < 1 for v in read_jsonl(world.path("read.jsonl")))


def test_a_run_decides_as_decide_does(world):
    draw(world, 200, True, 150)
    panel = recorded("past.jsonl", judges=("a", "b"))
    world.path("plain.yaml").write_text(panel)
    _, made = calibrate(world, panel=["plain.yaml"])
    assert made["reasons"]
    run = world.run(panel + "aggregate: {kind: auto, calibration: c.json}\n", "items.jsonl")
    assert run.rc == 0, run
    assert world.assize("decide", run.job / "panel.yaml", run.job, "-q", "-o", "again.jsonl").rc == 0
    assert world.path("again.jsonl").read_bytes() == (run.job / "verdicts.jsonl").read_bytes()
    assert len({v["p"] for v in run.verdicts()}) > 8  # more than two judges' labels could say


def test_words_that_say_nothing_are_not(world):
    draw(world, 200, False, 200)
    said, made = calibrate(world)
    assert "not read" in said and "reasons" not in made


def test_too_few_labels_to_try(world):
    draw(world, 200, True, 45)
    said, made = calibrate(world)
    assert "rationales" not in said and "reasons" not in made


def test_a_promise_is_tested_with_them(world):
    draw(world, 900, True, 900)
    said, made = calibrate(world, "--risk", "0.2")
    assert "they are used" in said and made["reasons"] and made["guarantees"][0]["n"] > 300


def test_a_file_that_was_tampered_with(world):
    draw(world, 200, True, 150)
    _, made = calibrate(world)
    for change, what in ((lambda r: r[0].update(judge="x"), "none of those named"),
                         (lambda r: r.append(r[0]), "read twice"),
                         (lambda r: r[0]["model"]["words"].pop(), "words")):
        bad = json.loads(json.dumps(made))
        change(bad["reasons"])
        world.path("bad.json").write_text(json.dumps(bad))
        run = world.assize("decide", "past.jsonl", "--items", "items.jsonl", "--calibration",
                           "bad.json", "-o", "no.jsonl")
        assert run.rc == 78 and what in run.stderr, run
