"""Judgments that others published, through the whole program: their figures come
out to the digit. Each set has a SOURCE.md whose table is compared here."""

import collections
import csv
import json
import re

import pytest

from conftest import read_jsonl

TWO = {"kind": "pair", "ties": False}
OUTPUT_ALONE = r"^ *Output \((a|b)\)[ .]*$"
OUTPUT_IN_A_SENTENCE = r"Output \((a|b)\) is better"


def published(folder):
    """SOURCE.md's table: figures by judge and column, as text, for digits count."""
    lines = (folder / "SOURCE.md").read_text().splitlines()
    rows = [re.split(r" *\| *", line.strip("| ")) for line in lines if line.startswith("| ")]
    head, rows = rows[0], rows[2:]
    assert head[0] == "judge" and rows
    return {row[0]: dict(zip(head, row)) for row in rows}


def recorded(folder):
    """The labels of ballots.tsv by item, judge, order and sample; empty: None."""
    with open(folder / "ballots.tsv", newline="") as f:
        rows = csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            (r["item"], r["judge"], r["order"], int(r["sample"])): r["label"] or None for r in rows
        }


def names_of(labels):
    return sorted({judge for _, judge, _, _ in labels})


def panel(question, judges, folder=None, stub=None, **more):
    """A panel whose judges speak through the stub or are looked up."""
    backends = []
    if stub:
        backends.append({"name": "stub", "kind": "openai", "url": stub.url, "slots": 64})
    if folder:
        file = str(folder / "ballots.tsv")
        backends.append({"name": "past", "kind": "recorded", "file": file})
    return json.dumps({"question": question, "backends": backends, "judges": judges, **more})


def seats(backend, names, **more):
    return [{"name": name, "backend": backend, "model": name, **more} for name in names]


def replaying(world, folder):
    return world.stub(items=folder / "items.jsonl", answers=folder / "answers.jsonl")


def judged(world, folder, yaml):
    """Run to the end: all items read, all of them with a verdict."""
    run = world.run(yaml, folder / "items.jsonl")
    assert run.rc == 0, run
    s = run.summary()
    assert s["items"] == s["decided"] + s["abstained"] == len(read_jsonl(folder / "items.jsonl"))
    assert s["bad_lines"] == s["failed"] == s["left"] == 0
    assert s["panel"]["n"] == s["items"]  # each of them has gold
    return run


def judges(run):
    return {j["name"]: j for j in run.summary()["judges"]}


def errors(run):
    """How many error ballots of each kind."""
    ballots = (b for v in run.verdicts() for b in v["ballots"])
    return collections.Counter(b["error"]["kind"] for b in ballots if b.get("error"))


def percent(share):
    return f"{100 * share:.2f}"


def expect_figures(run, table, but=()):
    """Accuracy, the same with a share for the undecided, kappa and order
    agreement (of all items: what was not read in both orders does not agree)."""
    found = judges(run)
    names = found.keys() & table.keys() - set(but)
    assert len(names) == min(len(found), len(table)) - len(but)
    for name in names:
        j, want = found[name], table[name]
        assert percent(j["accuracy"]) == want["combined, undecided = wrong"], name
        assert percent(j["accuracy_shared"]) == want["combined, undecided = 1/k"], name
        assert f"{j['kappa']:.3f}" == want["kappa"], name
        if want["order agreement"]:
            agree = (1 - j["flip_rate"]) * j["flip_n"] / j["n"]
            assert f"{100 * agree:.1f}" == want["order agreement"], name


def readings(run, labels):
    """Ballots read otherwise than recorded, by judge."""
    differ = collections.Counter()
    for v in run.verdicts():
        for b in v["ballots"]:
            key = (v["id"], b["judge"], b["order"] or "", b["sample"])
            differ[b["judge"]] += b["label"] != labels[key]
    return +differ


def test_judgebench(world, data):
    """o1-mini in both orders beside five reward models, which know no order."""
    folder = data / "judgebench"
    labels, table = recorded(folder), published(folder)
    rewards = [name for name in table if name != "o1-mini-2024-09-12"]
    assert len(rewards) == 5
    stub = replaying(world, folder)
    o1 = seats("stub", ["o1-mini-2024-09-12"], orders="both", answer="arena_hard")
    seated = o1 + seats("past", rewards, orders="none")
    run = judged(world, folder, panel(TWO, seated, folder, stub, aggregate="plurality"))

    assert errors(run) == {} and stub.counts()["completions"] == 700
    found = judges(run)
    for name, want in table.items():
        assert percent(found[name]["accuracy"]) == want["combined, undecided = wrong"], name
        assert f"{found[name]['kappa']:.3f}" == want["kappa"], name
    o1 = found["o1-mini-2024-09-12"]
    assert percent(o1["accuracy"]) == "65.71"
    assert f"{100 * (1 - o1['flip_rate']):.1f}" == "68.6"
    # The table counts a tie in both orders as wrong; here it is half for each.
    ties = sum(
        labels[v["id"], o1["name"], "AB", 0] == labels[v["id"], o1["name"], "BA", 0] == "tie"
        for v in run.verdicts()
    )
    assert ties == 5 and percent(o1["accuracy_shared"] - ties / 2 / 350) == "76.57"

    # The table's 60.57 joins a seat's orders into one vote or none; shares turn two items.
    s = run.summary()
    assert percent(s["panel"]["accuracy"]) == "61.14"
    assert 1 < s["agreement"]["effective_votes"] < 6
    assert 0 < s["agreement"]["alpha"] < 1 and s["agreement"]["n"] == 350


def test_humanpairs(world, data):
    """Eight judges who were to say "Output (a)" and nothing else. Where the
    authors read no verdict (139 of 7456) neither do we: 126 said nothing."""
    folder = data / "humanpairs"
    labels, table = recorded(folder), published(folder)
    stub = replaying(world, folder)
    seated = seats("stub", table, orders="both", answer="regex", regex=OUTPUT_ALONE)
    yaml = panel(TWO, seated, stub=stub, aggregate="plurality")
    run = judged(world, folder, yaml)
    expect_figures(run, table)
    assert readings(run, labels) == {}
    assert errors(run) == {"empty": 126, "parse": 13}
    assert stub.counts()["completions"] == 7456 + 139  # those were asked once more
    assert percent(run.summary()["panel"]["accuracy"]) == "74.25"

    # The same command again has nothing to ask, and says the same.
    again = judged(world, folder, yaml)
    assert stub.counts()["completions"] == 7456 + 139
    assert again.verdicts() == run.verdicts()
    assert [j["accuracy"] for j in again.summary()["judges"]] == [
        j["accuracy"] for j in run.summary()["judges"]
    ]


def test_llmbar_chains_of_thought(world, data):
    """Six models reason and then say which output is better; the last such
    sentence counts. Five are read as recorded. Of PaLM 2's 630 answers 81 are
    not: 80 give one verdict only, "Therefore, Output (b) is better", recorded
    as (a), and one changes its mind. So PaLM 2 is right more often than published."""
    folder = data / "llmbar-casestudy"
    labels, table = recorded(folder), published(folder)
    names = sorted({a["judge"] for a in read_jsonl(folder / "answers.jsonl")})
    assert len(names) == 6
    stub = replaying(world, folder)
    seated = seats("stub", names, orders="both", answer="regex", regex=OUTPUT_IN_A_SENTENCE)
    run = judged(world, folder, panel(TWO, seated, stub=stub, aggregate="plurality"))
    expect_figures(run, table, but=["PaLM2/CoT"])
    assert readings(run, labels) == {"PaLM2/CoT": 81}
    assert errors(run) == {"empty": 11, "parse": 8}  # nor did the authors read these
    assert table["PaLM2/CoT"]["combined, undecided = wrong"] == "16.83"
    assert percent(judges(run)["PaLM2/CoT"]["accuracy"]) == "22.86"


def test_llmbar_all_judges(world, data):
    """Thirty judges from the record: plurality is worse than a coin."""
    folder = data / "llmbar-casestudy"
    table = published(folder)
    seated = seats("past", table, orders="both")
    assert len(seated) == 30
    run = judged(world, folder, panel(TWO, seated, folder, aggregate="plurality"))
    expect_figures(run, table)
    assert errors(run) == {"parse": 75}
    assert percent(run.summary()["panel"]["accuracy"]) == "48.25"


def test_pandalm(world, data):
    """Pairs with ties, people and models, one order only."""
    folder = data / "pandalm"
    table = published(folder)
    run = judged(world, folder, panel("pair", seats("past", table, orders="one"), folder,
                                      aggregate="plurality"))
    expect_figures(run, table)
    assert errors(run) == {"parse": 25}  # gpt-3.5-turbo's "garbage"
    assert {label["name"] for label in run.summary()["labels"]} == {"A", "B", "tie"}


def test_dices(world, data):
    """A choice of three by 123 people; the table lists fifteen of them."""
    folder = data / "dices350"
    question = {"kind": "choice", "labels": ["safe", "unsafe", "unsure"]}
    seated = seats("past", names_of(recorded(folder)))
    assert len(seated) == 123
    run = judged(world, folder, panel(question, seated, folder, aggregate="plurality"))
    expect_figures(run, published(folder))
    assert errors(run) == {}
    assert percent(run.summary()["panel"]["accuracy"]) == "65.14"


@pytest.mark.parametrize("aggregate", ["mean", "median"])
def test_llmjudge(world, data, aggregate):
    """Scores from 0 to 3 by 33 pipelines; one label of 75867 lies outside and
    was recorded empty."""
    folder = data / "llmjudge"
    table = published(folder)
    seated = seats("past", names_of(recorded(folder)))
    question = {"kind": "score", "scale": [0, 3]}
    run = judged(world, folder, panel(question, seated, folder, aggregate=aggregate))
    assert errors(run) == {"parse": 1}
    for name, j in judges(run).items():
        # The table leaves the empty one out of n; so does pearson.
        assert f"{j['pearson']:.3f}" == table[name]["pearson"], name
    s, want = run.summary(), table["panel: " + aggregate]
    assert f"{s['panel']['pearson']:.3f}" == want["pearson"]
    assert f"{s['mean']['value']:.3f}" == want["mean"]


def test_rewardbench2(world, data):
    """The best of four, eight or four samples a seat. "tie" is none of A to D
    and so an error; 33 items a judge were never asked and count as wrong, where
    the table leaves them out."""
    folder = data / "rewardbench2-k8"
    labels, table = recorded(folder), published(folder)
    samples = {judge: sample + 1 for _, judge, _, sample in sorted(labels, key=lambda k: k[3])}
    seated = [seat | {"samples": samples[seat["name"]]} for seat in
              seats("past", table, orders="none")]
    run = judged(world, folder, panel("best", seated, folder, aggregate="plurality"))
    for name, j in judges(run).items():
        right = j["accuracy"] * j["n"] / int(table[name]["items"])
        assert percent(right) == table[name]["combined, undecided = wrong"], name
    said = collections.Counter(labels.values())
    asked = sum(samples.values()) * 869
    assert errors(run) == {
        "outside": said["tie"], "parse": said[None], "missing": asked - len(labels)
    }


def test_llm_rubric(world, data):
    """Scores with decimals; people left out the criteria that do not apply."""
    folder = data / "llm-rubric"
    labels, table = recorded(folder), published(folder)
    seated = seats("past", names_of(labels))
    run = judged(world, folder, panel({"kind": "score", "scale": [1, 4]}, seated, folder))
    assert errors(run) == {"missing": 223 * 17 - len(labels)}
    for name, j in judges(run).items():
        assert f"{j['pearson']:.3f}" == table[name]["pearson"], name
    s = run.summary()
    assert f"{s['panel']['pearson']:.3f}" == table["panel: mean"]["pearson"] == "0.561"
    assert f"{s['mean']['value']:.3f}" == table["panel: mean"]["mean"]
