"""Ballots that nobody says how to decide: by what was learnt from their own true answers,
no item by a model that has seen it."""

import json
import random

import pytest

from conftest import read_jsonl

HEAD = "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"
ITEMS, LABELLED = 300, 200


def draw_ballots(n, accuracies, seed=1):
    """Ballots on n pairs as TSV, a judge for each accuracy; the truths."""
    rng = random.Random(seed)
    truths = [rng.choice("AB") for _ in range(n)]
    rows = [f"q{i}\tj{j}\tllm\t\t0\t{truth if rng.random() < right else 'BA'['AB'.index(truth)]}\t\n"
            for i, truth in enumerate(truths) for j, right in enumerate(accuracies)]
    return HEAD + "".join(rows), truths


def gold_of(truths, n):
    return [{"id": f"q{i}", "gold": truth} for i, truth in enumerate(truths[:n])]


@pytest.fixture
def made(world):
    """One good judge and four coins on 300 pairs, 200 of them labelled; the truths."""
    ballots, truths = draw_ballots(ITEMS, [0.9, 0.5, 0.5, 0.5, 0.5])
    world.path("past.tsv").write_text(ballots)
    world.write("gold.jsonl", gold_of(truths, LABELLED))
    return truths


def decide(world, *args, gold="gold.jsonl"):
    """The verdicts by id, the summary, and what was said."""
    run = world.assize("decide", "past.tsv", "--gold", gold, "-o", "v.jsonl", "--json-summary",
                       "s.json", *args)
    assert run.rc == 0, run
    verdicts = {v["id"]: v for v in read_jsonl(world.path("v.jsonl"))}
    return verdicts, json.loads(world.path("s.json").read_text()), run.stderr


def right(verdicts, truths, numbers):
    return sum(verdicts[f"q{i}"]["label"] == truths[i] for i in numbers) / len(numbers)


def test_auto_where_there_is_gold(world, made):
    verdicts, summary, said = decide(world)
    assert {v["how"] for v in verdicts.values()} == {"auto"}
    assert right(verdicts, made, range(LABELLED)) > 0.8 < right(verdicts, made, range(200, ITEMS))
    assert summary["panel"]["accuracy"] == right(verdicts, made, range(LABELLED))
    learnt = summary["learnt"]
    assert (learnt["by"], learnt["plain"], learnt["n"]) == ("auto", "majority", LABELLED)
    assert "majority, beside it: " in said and "models that had not seen it" in said

    plain, by_majority, said = decide(world, "--by", "majority")
    assert {v["how"] for v in plain.values()} == {"majority"}
    assert "learnt" not in by_majority and "beside" not in said
    assert learnt["accuracy"] == by_majority["panel"]["accuracy"] < 0.75
    assert learnt["difference"]["value"] == pytest.approx(
        summary["panel"]["accuracy_shared"] - by_majority["panel"]["accuracy_shared"])
    assert learnt["difference"]["low"] > 0


def test_as_right_as_calibrate_says(world, made):
    _, summary, _ = decide(world)
    run = world.assize("calibrate", "past.tsv", "--gold", "gold.jsonl", "-o", "c.json")
    assert run.rc == 0, run
    learnt = json.loads(world.path("c.json").read_text())["figures"]
    for name in ("accuracy", "accuracy_shared"):
        assert summary["panel"][name] == pytest.approx(learnt["auto"][name]["value"])
        assert summary["learnt"][name] == pytest.approx(learnt["votes"][name]["value"])


def test_no_item_is_decided_by_a_model_that_has_seen_it(world):
    """Coins only: whoever had seen the answers would be right more often than not."""
    ballots, truths = draw_ballots(60, [0.5] * 12)
    world.path("past.tsv").write_text(ballots)
    world.write("gold.jsonl", gold_of(truths, 60))
    verdicts, _, _ = decide(world, "--by", "stack")
    assert right(verdicts, truths, range(60)) < 0.7
    # And another answer to one item changes nothing about that item.
    before = verdicts["q7"]
    truths[7] = "AB"[truths[7] == "A"]
    world.write("other.jsonl", gold_of(truths, 60))
    after = decide(world, "--by", "stack", gold="other.jsonl")[0]["q7"]
    assert (after["label"], after["p"]) == (before["label"], before["p"])


def test_a_pipe_and_the_order_of_lines(world, made):
    want = decide(world)[0]
    head, *rows = world.path("past.tsv").read_text().splitlines(True)
    world.path("past.tsv").write_text(head + "".join(sorted(rows, key=lambda r: r.split("\t")[1])))
    assert {i: v["label"] for i, v in decide(world)[0].items()} == \
        {i: v["label"] for i, v in want.items()}


@pytest.mark.parametrize("labels, args, says", [
    (0, [], None),
    (10, [], "decided by the majority: fewer than 20 items have a true answer"),
])
def test_too_few_labels(world, made, labels, args, says):
    few = world.write("few.jsonl", gold_of(made, labels) or [{"id": "elsewhere", "gold": "A"}])
    verdicts, summary, said = decide(world, *args, gold=few)
    assert {v["how"] for v in verdicts.values()} == {"majority"} and "learnt" not in summary
    assert says in said if says else "decided by the majority" not in said


@pytest.mark.parametrize("args, says", [
    (["past.tsv", "--by", "autp"], "unknown --by 'autp'"),
    (["past.tsv", "--by", "dawid-sken"], "Did you mean 'dawid-skene'?"),
    (["past.tsv", "--by", "qqqqqqqqqq"], "dawid-skene, "),
    (["past.tsv", "--by", "logodds"], "--by logodds: fewer than 20 items have a true answer"),
    (["past.tsv", "--by", "gaussian"], "'gaussian' is for scores, and the question asks for a label"),
    (["p.yaml", "past.tsv", "--by", "auto"], "--by is for ballots without a PANEL"),
    (["past.tsv", "--by", "auto", "--calibration", "c"], "--by is for ballots without a --calibration"),
])
def test_what_is_refused(world, made, args, says):
    world.write("p.yaml", "question: pair\njudges: [lexical/length]\n")
    run = world.assize("decide", *args)
    assert run.rc == 64 and says in run.stderr, run


@pytest.mark.parametrize("rule", ["dawid-skene", "dawid-skene-map", "wawa", "mean-logit"])
def test_without_labels(world, made, rule):
    """Agreement alone: gold changes nothing, and there is a reason in place of p."""
    verdicts, summary, said = decide(world, "--by", rule)
    assert {v["how"] for v in verdicts.values()} == {rule}
    for v in verdicts.values():
        assert v["p"] is None and v["probs"] is None and "independently" in v["reasons"]["p"]
    assert summary["learnt"]["by"] == rule and "at no gold" in said and "beside it" in said
    none = world.write("none.jsonl", [{"id": "elsewhere", "gold": "A"}])
    assert "beside it" not in decide(world, "--by", rule, gold=none)[2]
    other = world.write("turned.jsonl", [{**g, "gold": "BA"["AB".index(g["gold"])]}
                                         for g in gold_of(made, LABELLED)])
    assert decide(world, "--by", rule, gold=other)[0] == verdicts
    run = world.assize("compare", "past.tsv", "past.tsv", "--gold", "gold.jsonl", "--by", rule)
    assert run.rc == 0 and f"; by {rule}" in run.stdout, run
    assert world.assize("report", "past.tsv", "--gold", "gold.jsonl", "--json", "r.json", "-o",
                        "r.html", "--by", rule).rc == 0
    report = json.loads(world.path("r.json").read_text())
    assert rule in [m["name"] for m in report["methods"]]
    assert any("agreement of judges alone" in n for n in report["notes"])


def test_research_is_called_so(world, made):
    said = decide(world, "--by", "one-coin")[2]
    assert "one-coin is there for research: to compare with, not to decide by" in said


def test_a_running_job_cannot(world, made):
    panel = "question: pair\njudges: [lexical/length]\naggregate: dawid-skene\n"
    run = world.run(panel, world.write("items.jsonl", [{"id": "q", "prompt": "p",
                                                        "responses": ["a", "bb"]}]))
    assert run.rc == 78 and "weighs all items at once" in run.stderr, run
    assert "assize decide --by dawid-skene JOB" in run.stderr


def test_published_crowds_without_labels(world, data):
    """Accuracies of crowd-kit on whole sets; of methods without a tied item."""
    for name, rule, accuracy in (("rte", "dawid-skene", 0.9275), ("rte", "wawa", 0.92125),
                                 ("rte", "one-coin", 0.925)):
        crowd = data / "crowd" / name
        gold = world.write("gold.tsv", (crowd / "truth.tsv").read_text().replace("item", "id", 1))
        run = world.assize("decide", crowd / "answers.tsv", "--gold", gold, "--by", rule, "-o",
                           "v.jsonl", "--json-summary", "s.json")
        assert run.rc == 0, run
        panel = json.loads(world.path("s.json").read_text())["panel"]
        assert panel["accuracy_shared"] == pytest.approx(accuracy, abs=1e-9)


def test_compare_and_report_do_the_same(world, made):
    verdicts, summary, _ = decide(world)
    plain = world.path("majority.jsonl")
    assert world.assize("decide", "past.tsv", "--by", "majority", "-o", plain, "-q").rc == 0
    run = world.assize("compare", "past.tsv", plain, "--gold", "gold.jsonl", "--json")
    got = json.loads(run.stdout)
    assert run.rc == 0 and (got["a"]["by"], got["b"]["by"]) == ("auto", None), run
    assert got["accuracy"]["a"] == pytest.approx(summary["panel"]["accuracy"])
    assert got["accuracy_shared"]["difference"] == summary["learnt"]["difference"]
    assert "; by auto" in world.assize("compare", "past.tsv", plain, "--gold", "gold.jsonl").stdout

    run = world.assize("report", "past.tsv", "--gold", "gold.jsonl", "--json", "r.json")
    report = json.loads(world.path("r.json").read_text())
    assert run.rc == 0 and report["panel"]["accuracy"]["value"] == summary["panel"]["accuracy"]
    first = report["methods"][0]
    assert (first["name"], first["note"]) == ("auto", "as reported")
    assert any("learnt from 200 items" in note for note in report["notes"])


def test_scores_keep_their_mean(world):
    rows = "".join(f"q{i}\tj{j}\tllm\t\t0\t\t{1 + (i + j) % 5}\n" for i in range(40) for j in range(3))
    world.path("past.tsv").write_text(HEAD + rows)
    gold = world.write("gold.csv", "id,gold\n" + "".join(f"q{i},{1 + i % 5}\n" for i in range(40)))
    assert {v["how"] for v in decide(world, gold=gold)[0].values()} == {"mean"}
