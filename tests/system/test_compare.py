"""`assize compare`: which of two is better, and how sure that is."""

import json
import math

import pytest

from panels import OVERLAP, chat_pair, overlap_items, pair_items
from test_decide import HEAD, LEXICAL, lexical_items, row


def compared(world, *args):
    got = world.assize("compare", *args, "--json")
    assert got.rc == 0, got
    return json.loads(got.stdout)


def test_two_jobs_on_the_same_items(world):
    items = lexical_items(60)
    for item in items:
        item["systems"] = ["x", "y"]
    one = world.run(LEXICAL, items)
    other = world.run(LEXICAL.rsplit("\n", 3)[0] + "\n", items, "--job", "other")
    got = compared(world, one.job, other.job)
    assert got["format"] == "compare/1" and (got["n"], got["only_a"], got["only_b"]) == (60, 0, 0)

    sides = [run.summary() for run in (one, other)]
    for side, summary in zip("ab", sides):
        assert got["accuracy"][side] == pytest.approx(summary["panel"]["accuracy"])
        assert got["accuracy_shared"][side] == pytest.approx(summary["panel"]["accuracy_shared"])
        assert got[side]["decided"] == summary["decided"] and got[side]["usd"] == 0
    a, b = ({v["id"]: v for v in run.verdicts()} for run in (one, other))
    gold = {item["id"]: item["gold"] for item in items}
    only = [sum(p[i]["label"] == gold[i] != q[i]["label"] for i in gold) for p, q in ((a, b), (b, a))]
    test = got["accuracy"]["mcnemar"]
    assert [test["only_a"], test["only_b"]] == only
    both = [i for i in gold if a[i]["status"] == b[i]["status"] == "decided"]
    assert got["agreement"]["n"] == len(both)
    assert got["agreement"]["value"] == pytest.approx(
        sum(a[i]["label"] == b[i]["label"] for i in both) / len(both))
    x = next(s for s in got["systems"] if s["name"] == "x")["win_rate"]
    points = {"A": 1, "B": 0, "tie": 0.5}
    assert x["difference"]["value"] == pytest.approx(
        sum(points[a[i]["label"]] - points[b[i]["label"]] for i in both) / len(both))
    assert not test["independent"]  # seven prompts: their items are no draws of their own
    assert got["accuracy"]["difference"]["method"] == "t by cluster"

    text = world.assize("compare", one.job, other.job)
    assert text.rc == 0 and "60 items in both" in text.stdout and "win rate x" in text.stdout
    assert "clusters repeat: go by the interval" in text.stdout


def test_a_source_and_itself(world):
    run = world.run(LEXICAL, lexical_items(20))
    got = compared(world, run.job, run.job / "verdicts.jsonl")
    assert got["agreement"]["value"] == 1 and got["n"] == 20
    assert got["accuracy"]["difference"]["reason"] == "no item with gold in both"
    gold = world.write("gold.csv", "id,gold\n" + "".join(f"q{i},A\n" for i in range(20)))
    got = compared(world, run.job, run.job / "verdicts.jsonl", "--gold", gold)
    difference = got["accuracy"]["difference"]
    assert (difference["value"], difference["low"], difference["n"]) == (0, None, 20)
    assert got["accuracy"]["mcnemar"]["reason"] == "the two never differ"


def test_scores_and_what_passes(world):
    a = world.run(OVERLAP, overlap_items(40, gold=1))
    b = world.run(OVERLAP.replace("token_f1", "chrf"), overlap_items(40, gold=1), "--job", "b")
    got = compared(world, a.job, b.job)
    assert got["mean"]["a"] == pytest.approx(a.summary()["mean"]["value"])
    assert got["pass_rate"]["b"] == pytest.approx(b.summary()["pass_rate"]["value"])
    assert got["mae"]["a"] == pytest.approx(a.summary()["panel"]["mae"])
    assert "mcnemar" in got["pass_rate"]


def test_calls_and_costs(world):
    stub = world.stub(votes="A", usd_in=1, usd_out=2)
    priced = chat_pair(stub).replace("orders: one", "orders: one, usd_per_mtok: {input: 1, output: 2}")
    one = world.run(priced, pair_items(6))
    two = world.run(priced.replace("orders: one", "orders: both"), pair_items(6), "--job", "two")
    got = compared(world, one.job, two.job)
    assert (got["a"]["calls"], got["b"]["calls"]) == (6, 12)
    assert got["a"]["usd"] == pytest.approx(one.summary()["usd"]) and got["a"]["usd"] > 0
    assert got["b"]["usd"] == pytest.approx(two.summary()["usd"])


def test_items_of_one_only(world):
    a = world.write("a.tsv", HEAD + row("q1", "m", "A") + row("q2", "m", "B"))
    b = world.write("b.tsv", HEAD + row("q2", "m", "B") + row("q3", "m", "A") + row("q4", "m", "A"))
    got = compared(world, a, b)
    assert (got["n"], got["only_a"], got["only_b"]) == (1, 1, 2)


def test_recorded_judges_against_each_other(world, data):
    """One judge of LLMBar's study against another: accuracies as published, and
    McNemar's test worked out here from the ballots."""
    folder = data / "llmbar-casestudy"
    lines = (folder / "ballots.tsv").read_text().splitlines()
    names = ["GPT-4/Metrics_Reference", "GPT-4/Swap"]
    paths = [world.write(f"{i}.tsv", "\n".join([lines[0]] + [
        line for line in lines if line.split("\t")[1] == name]) + "\n") for i, name in enumerate(names)]
    got = compared(world, *paths, "--items", folder / "items.jsonl")
    assert got["n"] == 315
    assert [round(100 * got["accuracy"][s], 2) for s in "ab"] == [80.32, 62.86]
    assert [round(100 * got["accuracy_shared"][s], 2) for s in "ab"] == [85.08, 67.94]
    test = got["accuracy"]["mcnemar"]
    n, k = test["only_a"] + test["only_b"], min(test["only_a"], test["only_b"])
    mid_p = (2 * sum(math.comb(n, i) for i in range(k)) + math.comb(n, k)) / 2**n
    assert test["method"] == "mcnemar mid-p" and test["p"] == pytest.approx(mid_p, rel=1e-9)
    low, high = (got["accuracy"]["difference"][k] for k in ("low", "high"))
    assert 0 < low < (80.32 - 62.86) / 100 < high


@pytest.mark.parametrize(
    "files, args, rc, says",
    [
        ({"a": HEAD + row("q1", "m", "A")}, ["a"], 64, "compare wants two sources"),
        ({"a": HEAD + row("q1", "m", "A")}, ["a", "nosuch"], 66, "no such file 'nosuch'"),
        ({"a": HEAD + row("q1", "m", "A"), "b": ""}, ["a", "b"], 66, "'b' is empty"),
        ({"a": HEAD + row("q1", "m", "A"), "b": HEAD + row("q1", "m", "good")}, ["a", "b"], 78,
         "'a' answers a pair question and 'b' a choice question"),
        ({"a": HEAD + row("q1", "m", "A"), "b": HEAD + row("q2", "m", "A")}, ["a", "b"], 66,
         "no decided item in common"),
        ({"a": HEAD + row("q1", "m", "A") + "q2\tm", "b": HEAD + row("q1", "m", "A")}, ["a", "b"], 65,
         "a: line 3: 2 columns"),
    ],
)
def test_bad_input(world, files, args, rc, says):
    for name, text in files.items():
        world.write(name, text)
    got = world.assize("compare", *args)
    assert got.rc == rc and says in got.stderr, got
