#!/usr/bin/env python3
"""What reading rationales is worth: calibrate on some of a set's labels, decide the rest, once
with the recorded rationales and once without them.

    bench/rationales.py build/release/bin/assize $ASSIZE_TEST_DATA [--draws 3]

Items of one prompt are drawn together. Figures are over the items that were kept apart: the mean
over the draws, ± the standard deviation of the draws' differences over the root of their number.
"""
import argparse
import json
import math
import random
import subprocess
import tempfile
from pathlib import Path

SETS = {"pandalm": (100, 200, 400, 700), "llmbar-casestudy": (110, 150, 220),
        "judgebench": (110, 200, 280)}


def ballots(folder, with_reasons):
    notes = {}
    for line in (folder / "answers.jsonl").open():
        a = json.loads(line)
        notes[a["item"], a["judge"], a["order"], str(a["sample"])] = a["text"]
    for line in (folder / "ballots.tsv").read_text().splitlines()[1:]:
        item, judge, kind, order, sample, label, _ = line.split("\t")
        if kind == "human" or not label:
            continue
        b = {"item": item, "judge": judge, "order": order or None, "sample": int(sample or 0),
             "label": label}
        note = notes.get((item, judge, order, sample))
        if note and with_reasons:
            b["rationale"] = note
        yield b


def write(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))


def run(*args):
    r = subprocess.run(args, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if r.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}: {r.stderr}")
    return r.stderr


def score(path, gold, learnt):
    loss = right = n = 0
    for line in path.open():
        v = json.loads(line)
        if v["id"] in learnt:
            continue
        n += 1
        right += v["label"] == gold[v["id"]]
        p = (v["probs"] or {}).get(gold[v["id"]], 0)
        loss -= math.log(max(p, 1e-12))
    return loss / n, right / n


def draw(items, n, rng):
    groups = {}
    for i in items:
        groups.setdefault(i["prompt"], []).append(i["id"])
    keys = sorted(groups)
    rng.shuffle(keys)
    taken = []
    while len(taken) < n:
        taken += groups[keys.pop()]
    return set(taken)


def one(assize, folder, n, seed, tmp):
    items = [json.loads(line) for line in (folder / "items.jsonl").open()]
    gold = {i["id"]: i["gold"] for i in items}
    learnt = draw(items, n, random.Random(seed))
    bare = tmp / "items.jsonl"  # `calibrate` is to see the drawn labels only
    write(bare, ({k: v for k, v in i.items() if k != "gold"} for i in items))
    write(tmp / "gold.jsonl", ({"id": i, "gold": gold[i]} for i in sorted(learnt)))
    got, read = [], False
    for reasons in (False, True):
        source = tmp / "ballots.jsonl"
        write(source, ballots(folder, reasons))
        said = run(assize, "calibrate", source, "--items", bare, "--gold", tmp / "gold.jsonl",
                   "-o", tmp / "c.json")
        read = "they are used" in said
        run(assize, "decide", source, "--items", folder / "items.jsonl", "--calibration", tmp / "c.json", "-q",
            "-o", tmp / "v.jsonl")
        got.append(score(tmp / "v.jsonl", gold, learnt))
    return got, read


def main():
    arg = argparse.ArgumentParser(description=__doc__)
    arg.add_argument("assize")
    arg.add_argument("data", type=Path)
    arg.add_argument("--draws", type=int, default=3)
    a = arg.parse_args()
    print("| set | labels | read in | log loss without, with | gain | right without, with |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, sizes in SETS.items():
        for n in sizes:
            with tempfile.TemporaryDirectory() as tmp:
                runs = [one(a.assize, a.data / name, n, s, Path(tmp)) for s in range(a.draws)]
            gains = [r[0][0][0] - r[0][1][0] for r in runs]
            mean = sum(gains) / len(gains)
            error = math.sqrt(sum((g - mean) ** 2 for g in gains) / max(len(gains) - 1, 1)
                              / len(gains))
            of = [[sum(r[0][w][k] for r in runs) / len(runs) for k in (0, 1)] for w in (0, 1)]
            print(f"| {name} | {n} | {sum(r[1] for r in runs)} of {len(runs)} "
                  f"| {of[0][0]:.3f}, {of[1][0]:.3f} | {mean:+.3f} ± {error:.3f} "
                  f"| {100 * of[0][1]:.1f} %, {100 * of[1][1]:.1f} % |", flush=True)


main()
