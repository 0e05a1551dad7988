"""`assize calibrate`: from labelled ballots to a panel that decides by them."""

import json
import random

import pytest

from conftest import read_jsonl
from panels import pair_items
from services import Service
from test_recorded import HEAD, recorded

JUDGES = ("a", "b", "c")
ACCURACY = (0.95, 0.65, 0.6)


def draw(n, kind="pair", seed=1):
    """(items, ballots as TSV, truths): judge a is nearly always right."""
    rng = random.Random(seed)
    rows, truths = [], []
    for i in range(n):
        truths.append(rng.choice("AB"))
        for judge, accuracy in zip(JUDGES, ACCURACY):
            right = rng.random() < accuracy
            label = truths[i] if right else "BA"["AB".index(truths[i])]
            rows.append(f"q{i}\t{judge}\t{kind}\t\t0\t{label}\t\n")
    return pair_items(n), HEAD + "".join(rows), truths


def gold(truths, n, **weights):
    return [{"id": f"q{i}", "gold": t, **({"weight": weights[t]} if t in weights else {})}
            for i, t in enumerate(truths[:n])]


@pytest.fixture
def made(world):
    """300 items, 200 of them labelled, in the world's folder; its truths."""
    items, ballots, truths = draw(300)
    world.write("items.jsonl", items)
    world.path("past.tsv").write_text(ballots)
    world.write("gold.jsonl", gold(truths, 200))
    world.write("plain.yaml", recorded("past.tsv"))
    return truths


def calibrate(world, *args, out="c.json", gold="gold.jsonl"):
    return world.assize("calibrate", "plain.yaml", "past.tsv", "--items", "items.jsonl",
                        "--gold", gold, "-o", out, *args)


def right(verdicts, truths, since=0):
    decided = [v for v in verdicts if v["status"] == "decided"][since:]
    return sum(v["label"] == truths[int(v["id"][1:])] for v in decided) / len(decided)


def panel(**aggregate):
    rows = ", ".join(f"{k}: {v}" for k, v in {"kind": "auto", "calibration": "c.json",
                                              **aggregate}.items())
    return recorded("past.tsv") + f"aggregate: {{{rows}}}\n"


def test_then_a_panel_decides_by_it(world, made):
    run = calibrate(world)
    assert run.rc == 0 and "200" in run.stderr, run
    run = world.run(panel(), "items.jsonl")
    assert run.rc == 0, run
    verdicts = run.verdicts()
    assert all(0 < v["p"] < 1 for v in verdicts)
    assert right(verdicts, made, 200) > 0.85
    before = (run.job / "verdicts.jsonl").read_bytes()
    world.path("c.json").unlink()
    assert "assize-calibration/1" in (run.job / "panel.yaml").read_text()
    decided = world.assize("decide", run.job / "panel.yaml", run.job, "-q", "-o", "again.jsonl")
    assert decided.rc == 0, decided
    assert world.path("again.jsonl").read_bytes() == before


def holds(verdict):
    """p is the probability of the label, and the probabilities are of all labels."""
    probs = verdict["probs"]
    return set(probs) == {"A", "B", "tie"} and sum(probs.values()) == pytest.approx(1) and \
        verdict["p"] == probs[verdict["label"]] == max(probs.values())


def test_probs_everywhere(world, made):
    assert calibrate(world).rc == 0
    run = world.run(panel(), "items.jsonl")
    verdicts = run.verdicts()
    assert len(verdicts) == 300 and all(holds(v) for v in verdicts)
    figures = []
    for source in ([run.job], [run.job / "panel.yaml", run.job / "verdicts.jsonl"]):
        assert world.assize("report", *source, "-o", "r.html", "--json", "r.json").rc == 0
        figures.append(json.loads(world.path("r.json").read_text())["contested"])
    kept = {v["id"]: v["probs"] for v in verdicts}
    for contested in figures:
        assert contested and all(c["probs"] == kept[c["id"]] for c in contested)
    shown = world.assize("show", run.job, verdicts[0]["id"])
    assert ", p " in shown.stdout, shown


def test_what_labels_say_of_all_items(world, made):
    run = calibrate(world)
    assert run.rc == 0, run
    assert "by auto and the labels, over all 300 items" in run.stderr
    assert "200 of 300" in run.stderr and "ppi++" in run.stderr
    over = json.loads(world.path("c.json").read_text())["figures"]["over_all"]
    a = next(f for f in over["figures"] if f["name"] == "share" and f["of"] == "A")
    share = made.count("A") / len(made)
    assert a["figure"]["low"] < share < a["figure"]["high"]
    wide = a["labels_only"]["high"] - a["labels_only"]["low"]
    assert a["figure"]["high"] - a["figure"]["low"] < wide
    assert over["figures"][0]["name"] == "accuracy_shared"


def test_how_sure_a_count_is(world, made):
    run = calibrate(world, "--kind", "majority")
    assert run.rc == 0 and "share of votes" in run.stderr and "->" in run.stderr, run
    kept = json.loads(world.path("c.json").read_text())
    assert kept["model"]["learner"] == "votes" and kept["map"]["map"] != "none"
    mapped = kept["figures"]["votes"]["mapped"]
    assert mapped["after"]["log_loss"]["value"] < mapped["before"]["log_loss"]["value"]
    by_count = world.run(recorded("past.tsv"), "items.jsonl").verdicts()
    run = world.run(panel(kind="majority"), "items.jsonl", "--job", "sure")
    for plain, sure in zip(by_count, run.verdicts()):
        assert plain["p"] is None and plain["probs"] is None
        assert sure["label"] == plain["label"] and sure["share"] == plain["share"]
        assert sure["p"] == sure["probs"][sure["label"]] and sure["how"] == "majority"
    decided = world.assize("decide", "past.tsv", "--items", "items.jsonl", "--calibration",
                           "c.json", "--abstain-below", "0.8")
    kept = [json.loads(line) for line in decided.stdout.splitlines()]
    assert all((v["p"] >= 0.8) == (v["status"] == "decided") for v in kept)
    other = world.run(panel(), "items.jsonl", "--job", "auto")
    assert other.rc == 0 and all(v["p"] for v in other.verdicts()), other
    refused = world.run(panel(kind="stack"), "items.jsonl", "--job", "stack")
    assert refused.rc == 78 and "learnt by 'majority'" in refused.stderr, refused


def test_a_mean_of_scores(world):
    """Judges who are two too kind: the mean is brought to what people say."""
    rng = random.Random(5)
    rows, truths = [], []
    for i in range(200):
        truths.append(rng.choice((1, 2, 3)))
        for judge in JUDGES:
            score = min(5, truths[i] + 2 + (rng.random() < 0.3))
            rows.append(f"q{i}\t{judge}\tscore\t\t0\t\t{score}\n")
    world.write("items.jsonl", [{"id": f"q{i}", "prompt": f"p{i}", "response": "r"}
                                for i in range(200)])
    world.path("past.tsv").write_text(HEAD + "".join(rows))
    world.write("gold.jsonl", [{"id": f"q{i}", "gold": t} for i, t in enumerate(truths[:150])])
    scored = recorded("past.tsv", question="score, scale: [1, 5], step: 1")
    world.write("plain.yaml", scored)
    run = calibrate(world, "--kind", "mean")
    assert run.rc == 0 and "mean score: map line" in run.stderr, run
    kept = json.loads(world.path("c.json").read_text())
    mean = kept["figures"]["mean"]
    assert kept["scores"]["map"] == "line" and kept["map"] is None
    assert mean["squared_error_after"]["value"] < mean["squared_error_before"]["value"] / 4
    assert mean["off_before"]["value"] > 1.5 and abs(mean["off_after"]["value"]) < 0.1
    by = scored + "aggregate: {kind: mean, calibration: c.json}\n"
    run = world.run(by, "items.jsonl")
    assert run.rc == 0, run
    verdicts = run.verdicts()[150:]
    off = sum(abs(v["score"] - truths[int(v["id"][1:])]) for v in verdicts) / len(verdicts)
    assert off < 0.5 and all(v["p"] is None and v["how"] == "mean" for v in verdicts)
    decided = world.assize("decide", "plain.yaml", "past.tsv", "--items", "items.jsonl",
                           "--calibration", "c.json")
    assert decided.rc == 0, decided
    again = {v["id"]: v["score"] for v in map(json.loads, decided.stdout.splitlines())}
    assert all(again[v["id"]] == v["score"] for v in verdicts)
    refused = calibrate(world, "--kind", "mean", "--risk", "0.1")
    assert refused.rc == 64 and "a mean of scores has none" in refused.stderr, refused
    refused = calibrate(world, "--kind", "majority")
    assert refused.rc == 64 and "is for labels" in refused.stderr, refused


def test_ballots_without_a_panel(world, made):
    assert world.assize("calibrate", "past.tsv", "--items", "items.jsonl", "--gold", "gold.jsonl",
                        "-o", "c.json").rc == 0
    run = world.assize("decide", "past.tsv", "--items", "items.jsonl", "--calibration", "c.json")
    assert run.rc == 0, run
    verdicts = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(verdicts) == 300 and all(0 < v["p"] < 1 for v in verdicts)
    assert right(verdicts, made, 200) > 0.85
    sure = world.assize("decide", "past.tsv", "--items", "items.jsonl", "--calibration", "c.json",
                        "--abstain-below", "0.97")
    kept = [v for v in map(json.loads, sure.stdout.splitlines()) if v["status"] == "decided"]
    assert 0 < len(kept) < 300 and all(v["p"] >= 0.97 for v in kept)


def test_a_debate_is_learnt_as_it_ended(world):
    """Judges who are of two minds at first, and right once they have seen each other."""
    ballots = [{"item": f"q{i}", "judge": j, "round": r,
                "label": "AB"[j == "b"] if r == 1 else "AB"[i % 2]}
               for i in range(100) for r in (1, 2) for j in JUDGES]
    world.write("debate.jsonl", ballots)
    world.write("debated.jsonl", gold(["AB"[i % 2] for i in range(100)], 60))
    made = world.assize("calibrate", "debate.jsonl", "--gold", "debated.jsonl", "-o", "c.json")
    assert made.rc == 0, made
    figures = json.loads(world.path("c.json").read_text())["figures"]
    assert figures["auto"]["accuracy"]["value"] == 1
    assert figures["over_all"]["figures"][0]["figure"]["value"] > 0.9
    run = world.assize("decide", "debate.jsonl", "--calibration", "c.json", "-q")
    verdicts = [json.loads(line) for line in run.stdout.splitlines()]
    assert all(v["label"] == "AB"[int(v["id"][1:]) % 2] and v["p"] > 0.9 for v in verdicts)


@pytest.mark.parametrize("said", [0, 1], ids=["the ballots say tie", "the labels say tie"])
def test_the_question_is_that_of_the_labels(world, said):
    # The one shows a pair with ties and the other one without.
    items, ballots, truths = draw(60)
    tied = "".join(f"q{i}\tb\t\t\t0\ttie\t\n" for i in range(60, 64))
    world.write("rest.jsonl", pair_items(60 if said else 64))
    world.path("past.tsv").write_text(ballots + ("" if said else tied))
    world.write("gold.jsonl", gold(["tie"] * 2 * said + truths[2 * said:], 60))
    made = world.assize("calibrate", "past.tsv", "--gold", "gold.jsonl", "-o", "c.json")
    assert made.rc == 0, made
    labels = json.loads(world.path("c.json").read_text())["question"]["labels"]
    assert ("tie" in labels) == bool(said)
    for how in (), ("--items", "rest.jsonl"):
        run = world.assize("decide", "past.tsv", *how, "--calibration", "c.json", "-q")
        assert run.rc == 0 and run.stderr == "", run
        decided = [json.loads(line) for line in run.stdout.splitlines()]
        assert all(set(v["probs"]) == set(labels) for v in decided if v["status"] == "decided")
        run = world.assize("report", "past.tsv", *how, "--calibration", "c.json", "-o", "r.html")
        assert run.rc == 0, run
    world.write("ties.yaml", recorded("past.tsv").replace(
        "question: {kind: pair", "question: {kind: pair, ties: " + ("false" if said else "true")))
    run = world.assize("decide", "ties.yaml", "past.tsv", "--calibration", "c.json")
    here, there = ("pair: A, B, tie", "pair: A, B")[::1 if said else -1]
    assert run.rc == 78 and f"({here}) than the panel's ({there})" in run.stderr, run
    assert "assize calibrate PANEL SOURCE" in run.stderr


def test_ballots_of_another_question(world, made):
    assert calibrate(world).rc == 0
    world.path("other.tsv").write_text(HEAD + "q1\ta\t\t\t0\tgood\t\n")
    run = world.assize("decide", "other.tsv", "--calibration", "c.json")
    assert run.rc == 78 and "none of its answers is one of the question's" in run.stderr, run
    assert "the calibration's, 'pair'" in run.stderr


def test_a_service_takes_it(world, made):
    assert calibrate(world).rc == 0
    service = Service(world)
    try:
        past = str(world.path("past.tsv"))
        service.worker(backends=[{"name": "past", "kind": "recorded", "file": past}])
        job = service.submit(panel(), world.path("items.jsonl"))
        world.path("c.json").unlink()
        run, verdicts = service.verdicts(job)
        assert run.rc == 0 and len(verdicts) == 300, run
        assert all(0 < v["p"] < 1 and holds(v) for v in verdicts)
    finally:
        service.close()


def test_the_map_that_is_told_is_the_one_kept(world, made):
    run = calibrate(world, "--kind", "majority", "--risk", "0.3")
    kept = json.loads(world.path("c.json").read_text())["map"]["map"]
    said = "no map: none" if kept == "none" else f"map of the labels that are learnt from: {kept}"
    assert run.rc == 0 and said in run.stderr, run


def test_risk(world, made):
    assert calibrate(world, "--risk", "0.2", "--delta", "0.1").rc == 0
    promise, = json.loads(world.path("c.json").read_text())["guarantees"]
    assert promise["kept"] and promise["risk"] == 0.2
    run = world.run(panel(risk=0.2, delta=0.1), "items.jsonl")
    assert right(run.verdicts(), made) >= 0.8
    other = world.run(panel(risk=0.1, delta=0.1), "items.jsonl")
    assert other.rc == 78 and "makes no promise for risk 0.1" in other.stderr, other
    assert "--risk 0.1 --delta 0.1" in other.stderr
    assert calibrate(world, "--risk", "0.001").rc == 0
    refused = world.run(panel(risk=0.001), "items.jsonl")
    assert refused.rc == 78 and "do not allow a promise of risk 0.001" in refused.stderr, refused
    few = calibrate(world, "--risk", "0.05", "--delta", "0.001")
    assert few.rc == 0 and "it takes 135 labels to test on if none of them is wrong; as" in few.stderr, few


def test_few_labels_are_votes(world, made):
    world.write("few.jsonl", gold(made, 9))
    run = calibrate(world, gold="few.jsonl")
    assert run.rc == 0 and "weights need 10" in run.stderr, run
    assert all(v["p"] is None for v in world.run(panel(), "items.jsonl").verdicts())


def test_refusals(world, made):
    world.write("none.jsonl", [{"id": "other", "gold": "A"}])
    run = calibrate(world, gold="none.jsonl")
    assert run.rc == 64 and "no item has a true answer" in run.stderr, run
    assert "none of the --gold ids is an item's" in run.stderr, run
    assert "assize label" in run.stderr and not world.path("c.json").exists()
    assert calibrate(world).rc == 0
    for text, said in [
        (panel().replace("{kind: pair}", "{kind: pair, ties: false}"), "for another question"),
        (panel(kind="stack"), "learnt by 'auto'"),
        (panel().replace("name: a,", "name: z,"), "'z' was not there"),
    ]:
        refused = world.run(text, "items.jsonl")
        assert refused.rc == 78 and said in refused.stderr, refused


@pytest.mark.parametrize("args, text", [
    (["--kind", "stak"], "stack"), (["--delta", "0.1"], "--delta needs --risk"),
    (["--risk", "0.7"], "--risk wants a share"),
])
def test_bad_options(world, made, args, text):
    run = calibrate(world, *args)
    assert run.rc == 64 and text in run.stderr, run


def test_gold_weights_count(world, made):
    assert calibrate(world).rc == 0
    world.write("w.jsonl", gold(made, 200, A=9, B=1))
    assert calibrate(world, out="w.json", gold="w.jsonl").rc == 0
    plain, weighed = (json.loads(world.path(f).read_text()) for f in ("c.json", "w.json"))
    assert plain["figures"] != weighed["figures"]
    assert plain["model"] != weighed["model"]


def test_risk_wants_labels_of_equal_chances(world, made):
    world.write("w.jsonl", gold(made, 200, A=9, B=1))
    run = calibrate(world, "--risk", 0.2, out="w.json", gold="w.jsonl")
    assert run.rc == 64 and "equal chances" in run.stderr, run
    assert not world.path("w.json").exists()


def test_gold_that_items_have_is_told(world, made):
    rows = [{**item, "gold": "A"} for item in read_jsonl(world.path("items.jsonl"))]
    world.write("own.jsonl", rows)
    run = world.assize("calibrate", "plain.yaml", "past.tsv", "--items", "own.jsonl",
                       "--gold", "gold.jsonl", "-o", "c.json")
    assert run.rc == 0, run
    named = len(read_jsonl(world.path("gold.jsonl")))
    assert f"{len(rows) - named} items are not in the --gold file" in run.stderr


def test_killed_leaves_a_whole_file_or_none(world, made):
    running = world.command("calibrate", "plain.yaml", "past.tsv", "--items", "items.jsonl",
                            "--gold", "gold.jsonl", "-o", "c.json")
    running.kill9()
    if world.path("c.json").exists():  # it was done before
        json.loads(world.path("c.json").read_text())


def test_published_ballots(world, data):
    folder = data / "judgebench"
    run = world.assize("calibrate", folder / "ballots.tsv", "--items", folder / "items.jsonl",
                       "-o", "c.json")
    assert run.rc == 0, run
    run = world.assize("decide", folder / "ballots.tsv", "--items", folder / "items.jsonl",
                       "--calibration", "c.json", "--brief")
    assert run.rc == 0, run
    assert any(json.loads(line)["p"] for line in run.stdout.splitlines())


def test_sets_of_answers(world, made):
    run = calibrate(world, "--conformal", "0.1")
    assert run.rc == 0 and "answers in a set" in run.stderr and "conformal: 0.1" in run.stderr, run
    sets, = json.loads(world.path("c.json").read_text())["sets"]
    assert sets["made"] and sets["held"] >= 0.9 and 1 <= sets["size"] < 2
    check = world.assize("check", world.write("p.yaml", panel(conformal=0.1)), "items.jsonl")
    assert "conformal 0.1: about" in check.stdout, check
    run = world.run(panel(conformal=0.1, abstain_below=0.97), "items.jsonl", "--gold", "gold.jsonl")
    assert run.rc == 0 and "promised: conformal 0.1" in run.stderr, run
    verdicts = run.verdicts()
    held = sum(made[int(v["id"][1:])] in v["set"] for v in verdicts) / len(verdicts)
    assert held > 0.85 and {v["status"] for v in verdicts} == {"decided", "abstained"}
    summary = json.loads((run.job / "summary.json").read_text())["sets"]
    assert summary["n"] == 300 and summary["held"]["n"] == 200 and summary["held"]["value"] > 0.85
    assert summary["size"] == sum(len(v["set"]) for v in verdicts) / 300
    open_one = next(v["id"] for v in verdicts if v["status"] == "abstained")
    assert "one of: " in world.assize("show", run.job, open_one).stdout
    report = world.assize("report", run.job, "--json", "-", "-o", "r.html")
    assert json.loads(report.stdout)["sets"]["held"]["n"] == 200, report
    again = world.assize("decide", "p.yaml", "past.tsv", "--items", "items.jsonl", "--brief")
    assert [json.loads(line)["set"] for line in again.stdout.splitlines()] == \
        [v["set"] for v in verdicts]


def test_sets_take_labels(world, made):
    world.write("few.jsonl", gold(made, 24))
    run = calibrate(world, "--conformal", "0.01", gold="few.jsonl")
    assert run.rc == 0 and "refused: it takes 99 labels" in run.stderr, run
    run = world.run(panel(conformal=0.01), "items.jsonl")
    assert run.rc == 78 and "do not allow sets for conformal 0.01" in run.stderr, run
    assert "It takes 99 labels" in run.stderr


def test_what_a_promise_costs_is_told_before(world, made):
    assert calibrate(world, "--risk", "0.1", "--delta", "0.1").rc == 0
    promise, = json.loads(world.path("c.json").read_text())["guarantees"]
    world.write("p.yaml", panel(risk=0.1, delta=0.1))
    check = world.assize("check", "p.yaml", "items.jsonl")
    assert "risk 0.1 (delta 0.1): decides" in check.stdout, check
    run = world.run(panel(risk=0.1, delta=0.1), "items.jsonl")
    assert "promised: risk 0.1" in run.stderr, run
    decided = sum(v["status"] == "decided" for v in run.verdicts())
    assert abs(decided / 300 - promise["coverage"]) < 0.15
