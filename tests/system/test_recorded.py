"""Judges that need no server: recorded ballots, and measures."""

import json
import time

from panels import OVERLAP, pair_items

HEAD = "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"


def recorded(file, more="", judges=("a", "b", "c"), question="pair"):
    rows = "".join(f"  - {{name: {j}, backend: past, model: {j}}}\n" for j in judges)
    return (
        f"question: {{kind: {question}}}\n"
        f"backends: [{{name: past, kind: recorded, file: {file}{more}}}]\n"
        f"judges:\n{rows}"
    )


def rows(ballots):
    return HEAD + "".join(
        f"{item}\t{judge}\tpair\t{order}\t0\t{label}\t\n" for item, judge, order, label in ballots
    )


def test_missing_ballots_are_errors(world):
    world.write("past.tsv", rows(
        [("q0", j, "", "A") for j in "abc"]
        + [("q1", "a", "", "B"), ("q1", "b", "", "B")]
        + [("q2", "a", "", "A")]
    ))
    run = world.run(recorded("past.tsv"), pair_items(4))
    assert run.rc == 65, run
    verdicts = run.by_id()
    assert [(verdicts[i]["status"], verdicts[i]["label"]) for i in ("q0", "q1")] == [
        ("decided", "A"), ("decided", "B")
    ]
    assert verdicts["q1"]["seats"]["errors"] == 1
    assert verdicts["q2"]["status"] != "decided"  # one of three: the others could have made another
    assert verdicts["q3"]["status"] == "failed"
    kinds = {b["error"]["kind"] for b in verdicts["q3"]["ballots"]}
    labels = {b["label"] for b in verdicts["q3"]["ballots"]}
    assert (kinds, labels) == ({"missing"}, {None})
    judges = {j["name"]: j for j in run.summary()["judges"]}
    assert [judges[j]["errors"] for j in "abc"] == [2, 4, 6]  # in both orders
    assert judges["c"]["top_error"] == "missing"


def test_a_ballot_without_order_serves_both(world):
    both = [("q0", "a", "", "A"), ("q1", "a", "AB", "A"), ("q1", "a", "BA", "B")]
    world.write("past.tsv", rows(both))
    panel = recorded("past.tsv", judges=["a"]).replace("model: a", "model: a, orders: both")
    run = world.run(panel, pair_items(2))
    assert run.by_id()["q0"]["label"] == "A", run
    assert run.by_id()["q1"]["label"] != "A"  # split over the orders
    assert run.summary()["judges"][0]["flip_rate"] == 0.5


def test_jsonl_beside_the_panel(world):
    """The file is looked for where the panel is."""
    folder = world.path("panels")
    folder.mkdir()
    ballots = [{"item": f"q{i}", "judge": "a", "label": "AB"[i % 2]} for i in range(4)]
    (folder / "past.jsonl").write_text("".join(json.dumps(b) + "\n" for b in ballots))
    (folder / "p.yaml").write_text(recorded("past.jsonl", judges=["a"]))
    run = world.run(folder / "p.yaml", pair_items(4))
    assert run.rc == 0 and [v["label"] for v in run.verdicts()] == list("ABAB"), run


def test_an_answer_outside_the_labels(world):
    world.write("past.tsv", rows([("q0", j, "", "C") for j in "abc"]))
    run = world.run(recorded("past.tsv"), pair_items(1))
    (verdict,) = run.verdicts()
    assert verdict["status"] == "failed", run
    assert {b["error"]["kind"] for b in verdict["ballots"]} == {"outside"}


def test_a_broken_file_of_ballots(world):
    world.write("past.tsv", HEAD + "q0\ta\n")
    run = world.run(recorded("past.tsv"), pair_items(1))
    assert run.rc == 78 and "past.tsv': line 2: " in run.stderr, run
    assert not run.job.exists()


def test_a_stated_delay(world):
    world.write("past.tsv", rows([(f"q{i}", j, "", "A") for i in range(20) for j in "abc"]))
    began = time.monotonic()
    run = world.run(recorded("past.tsv", ", delay_ms: 200, slots: 30"), pair_items(20))
    took = time.monotonic() - began
    assert run.rc == 0, run
    assert 0.4 <= took < 6  # 60 ballots, 30 at once, not one after the other


def test_lexical_judges_and_their_lacks(world):
    panel = OVERLAP.replace("[lexical/token_f1]", "[lexical/token_f1, lexical/rouge_l]")
    items = [
        {"id": "same", "response": "red green blue", "reference": "red green blue"},
        {"id": "half", "response": "red", "reference": "red green blue"},
        {"id": "bare", "response": "red"},
    ]
    run = world.run(panel, items)
    assert run.rc == 65, run
    verdicts = run.by_id()
    assert verdicts["same"]["score"] == 1
    assert verdicts["half"]["score"] == 0.5
    assert (verdicts["bare"]["status"], verdicts["bare"]["score"]) == ("failed", None)
    assert all(b["order"] is None and b["usd"] == 0 for b in verdicts["half"]["ballots"])
