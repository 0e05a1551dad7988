"""`assize decide`: what was asked once is decided again, and nobody is asked."""

import gzip
import json
import subprocess

import pytest

from conftest import read_jsonl
from panels import chat_pair, pair_items
from test_published import published

HEAD = "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"

LEXICAL = """\
question: {kind: pair}
judges:
  - {name: longer, backend: lexical, model: length}
  - {name: nearer, backend: lexical, model: token_f1}
  - {name: chrf, backend: lexical, model: chrf}
"""


def lexical_items(n):
    texts = ["yes", "no no", "maybe yes", "yes yes no", "a much longer no"]
    return [
        {"id": f"q{i}", "prompt": f"p{i % 7}", "reference": "yes", "gold": "AB"[i % 2],
         "responses": [texts[i % 5], texts[(i + 1 + i % 3) % 5]]}
        for i in range(n)
    ]


def row(item, judge, label, order="", sample=0, score="", kind="llm"):
    return f"{item}\t{judge}\t{kind}\t{order}\t{sample}\t{label}\t{score}\n"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def labels(text):
    return {v["id"]: v["label"] for v in lines(text)}


# ---- a job's own panel: the very same bytes ----


def same_as_the_job(world, run, *source):
    decided = world.assize("decide", run.job / "panel.yaml", *source, "-q")
    assert decided.rc == run.rc, decided
    assert decided.stdout == (run.job / "verdicts.jsonl").read_text()


def test_a_job_decided_by_its_own_panel(world):
    run = world.run(LEXICAL, lexical_items(300))
    same_as_the_job(world, run, run.job)


def test_its_verdicts_file_does_as_well(world):
    run = world.run(LEXICAL, lexical_items(300))
    items = world.path("items.jsonl")
    same_as_the_job(world, run, run.job / "verdicts.jsonl", "--items", items)


def test_chat_judges_in_both_orders_with_costs_and_errors(world):
    stub = world.stub(fault="outside:0.3", usd_in=1, usd_out=2)
    panel = chat_pair(stub, judges=3).replace("orders: one", "orders: both, samples: 2")
    run = world.run(panel, pair_items(40))
    assert any(b.get("error") for v in run.verdicts() for b in v["ballots"])
    calls = stub.counts()["requests"]
    same_as_the_job(world, run, run.job)
    same_as_the_job(world, run, run.job / "verdicts.jsonl", "--items", world.path("items.jsonl"))
    assert stub.counts()["requests"] == calls


def test_early_stopping_and_a_debate(world):
    stub = world.stub()
    early = chat_pair(stub, judges=5) + "policy: {kind: vote, early_stop: true, audit: 0.3}\n"
    run = world.run(early, pair_items(60))
    assert any(v["seats"]["asked"] < 5 for v in run.verdicts())
    same_as_the_job(world, run, run.job)
    gold = world.write("gold.jsonl", [{"id": f"q{i}", "gold": "A"} for i in range(60)])
    same_as_the_job(world, run, run.job, "--gold", gold)

    debate = chat_pair(stub, judges=2) + "policy: {kind: debate, rounds: 2}\n"
    run = world.run(debate, pair_items(20), "--job", "debate")
    same_as_the_job(world, run, run.job)


# ---- another aggregation, other ballots ----


def test_another_aggregation_without_a_call(world):
    run = world.run(LEXICAL, lexical_items(50))
    other = world.write("other.yaml", LEXICAL + "aggregate: {kind: weighted, weights: {chrf: 5}}\n")
    decided = world.assize("decide", other, run.job, "-o", "v.jsonl")
    assert decided.rc == 0 and "50 items: " in decided.stderr, decided
    assert not decided.stdout
    for verdict in read_jsonl(world.path("v.jsonl")):
        chrf = next(b for b in verdict["ballots"] if b["judge"] == "chrf")
        assert verdict["how"] == "weighted" and verdict["label"] == chrf["label"]


def test_fewer_judges(world):
    run = world.run(LEXICAL, lexical_items(20))
    two = world.write("two.yaml", LEXICAL.rsplit("\n", 2)[0] + "\n")
    decided = world.assize("decide", two, run.job)
    assert decided.rc == 0 and "20 ballots are of judges that the panel does not seat" in decided.stderr
    assert all(v["seats"]["n"] == 2 for v in lines(decided.stdout))


def test_no_panel_and_no_gold_is_the_majority_of_all(world):
    world.write("b.tsv", HEAD + row("q1", "a", "A") + row("q1", "b", "A") + row("q1", "c", "B")
                + row("q2", "a", "A", "AB") + row("q2", "a", "B", "BA") + row("q2", "b", "B"))
    decided = world.assize("decide", "b.tsv", "--json-summary", "s.json")
    assert labels(decided.stdout) == {"q1": "A", "q2": "B"}  # c was not asked about q2
    assert decided.rc == 0
    summary = json.loads(world.path("s.json").read_text())
    assert (summary["items"], summary["decided"], summary["abstained"]) == (2, 2, 0)
    panel = world.write("p.yaml", "question: pair\njudges: [{name: a, backend: lexical, model: length}]\n"
                        .replace("}]", "}, {name: b, backend: lexical, model: words}, "
                                 "{name: c, backend: lexical, model: chrf}]"))
    decided = world.assize("decide", panel, "b.tsv")
    assert labels(decided.stdout) == {"q1": "A", "q2": None}  # of q2 one seat of three is missing


def test_forms_and_pipes(world):
    ballots = [{"item": "q1", "judge": "a", "label": "good"}, {"item": "q2", "judge": "a", "label": "bad"}]
    plain = world.write("b.jsonl", ballots)
    packed = world.path("b.jsonl.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    want = {"q1": "good", "q2": "bad"}
    assert labels(world.assize("decide", plain, "-q").stdout) == want
    assert labels(world.assize("decide", packed, "-q").stdout) == want
    with open(plain) as f:
        assert labels(world.command("decide", "-", "-q", stdin=f).wait().stdout) == want
    with subprocess.Popen(["cat", plain], stdout=subprocess.PIPE) as cat:
        assert labels(world.command("decide", "-", "-q", stdin=cat.stdout).wait().stdout) == want


def test_the_order_of_lines_does_not_matter(world):
    rows = [row(f"q{i}", j, "AB"[(i * 7 + k) % 3 == 0], o) for i in range(30)
            for k, j in enumerate("abc") for o in ("AB", "BA")]
    one = world.write("1.tsv", HEAD + "".join(rows))
    two = world.write("2.tsv", HEAD + "".join(sorted(rows, key=lambda r: (r.split("\t")[1], r))))
    first, second = (world.assize("decide", f, "-q").stdout for f in (one, two))
    assert sorted(first.splitlines()) == sorted(
        line.replace('"line":%d,' % v["line"], '"line":%d,' % (int(v["id"][1:]) + 1))
        for line, v in zip(second.splitlines(), lines(second)))


def test_one_round_of_a_debate(world):
    ballots = [{"item": "q", "judge": j, "round": r, "label": l}
               for r, said in ((1, "AAB"), (2, "BAB")) for j, l in zip("abc", said)]
    world.write("b.jsonl", ballots)
    assert labels(world.assize("decide", "b.jsonl", "-q").stdout) == {"q": "B"}
    assert labels(world.assize("decide", "b.jsonl", "--round", "1", "-q").stdout) == {"q": "A"}


def test_gold_from_a_file(world):
    world.write("b.tsv", HEAD + row("q1", "a", "A") + row("q2", "a", "B"))
    gold = world.write("gold.csv", "id,gold\nq1,A\nq2,A\n")
    world.assize("decide", "b.tsv", "--gold", gold, "--json-summary", "s.json")
    assert json.loads(world.path("s.json").read_text())["panel"]["accuracy"] == 0.5


def test_a_job_and_what_people_said(world):
    """Judges of a file sit beside the job's own."""
    run = world.run(LEXICAL, lexical_items(3))
    people = world.write("people.tsv", HEAD + row("q0", "ann", "B", kind="human")
                         + row("q0", "bob", "B", kind="human") + row("q9", "bob", "A", kind="human"))
    decided = world.assize("decide", run.job, people, "--json-summary", "s.json")
    assert decided.rc == 0
    verdicts = {v["id"]: v for v in lines(decided.stdout)}
    assert list(verdicts) == ["q0", "q1", "q2", "q9"]
    assert verdicts["q0"]["seats"] == {"n": 5, "asked": 5, "voted": 5, "errors": 0, "partial": 0}
    assert [verdicts[q]["seats"]["n"] for q in ("q1", "q9")] == [3, 1]
    names = [j["name"] for j in json.loads(world.path("s.json").read_text())["judges"]]
    assert names == ["longer", "nearer", "chrf", "ann", "bob"]


def test_two_jobs_of_different_judges(world):
    one = world.run(LEXICAL.rsplit("\n", 2)[0] + "\n", lexical_items(10))
    other = "question: {kind: pair}\njudges: [{name: chrf, backend: lexical, model: chrf}]\n"
    two = world.run(other, lexical_items(12), "--job", "two")
    both = world.run(LEXICAL, lexical_items(10), "--job", "both")
    decided = world.assize("decide", both.job / "panel.yaml", one.job, two.job, "-q")
    assert decided.stdout.splitlines()[:10] == (both.job / "verdicts.jsonl").read_text().splitlines()
    assert len(lines(decided.stdout)) == 12


# ---- beside a run ----


def test_beside_a_running_job(world):
    stub = world.stub(votes="A")
    panel = world.write("panel.yaml", chat_pair(stub))
    items = world.write("items.jsonl", pair_items(30))
    world.run(panel, items, "--limit", "10")
    stub.control(hold=True)
    running = world.start(panel, items)
    stub.wait(requests=11)
    running.wait_until(lambda: "left out" in world.assize("decide", "job").stderr)
    decided = world.assize("decide", "job")
    assert decided.rc == 75 and "are still asked about by the job: left out" in decided.stderr
    assert len(labels(decided.stdout)) == 10
    stub.control(hold=False)
    run = running.wait()
    assert run.rc == 0
    same_as_the_job(world, run, run.job)


def test_a_job_whose_last_judge_never_came(world):
    """Without that judge, what is there is enough."""
    stub, down = world.stub(votes="A"), world.stub(hold=True)
    both = (
        'question: {kind: pair, ask: "Which is better?"}\n'
        f"backends: [{{name: stub, kind: openai, url: \"{stub.url}\"}}, "
        f"{{name: down, kind: openai, url: \"{down.url}\"}}]\n"
        "judges:\n"
        "  - {name: j0, backend: stub, model: m0, orders: one}\n"
        "  - {name: j1, backend: down, model: m1, orders: one}\n"
    )
    running = world.start(both, pair_items(5))
    down.wait(requests=5)
    one = world.write("one.yaml", chat_pair(stub))
    running.wait_until(lambda: world.assize("decide", one, "job", "-q").rc == 0)
    running.kill9()
    assert world.assize("decide", "job", "-q").stdout == ""
    assert set(labels(world.assize("decide", one, "job").stdout).values()) == {"A"}


# ---- bad input ----

ITEMS = [{"id": "q1", "prompt": "p", "responses": ["a", "b"]}]


@pytest.mark.parametrize(
    "files, args, rc, says",
    [
        ({}, ["nosuch"], 66, "no such file 'nosuch'"),
        ({}, ["."], 66, "no job in '.'"),
        ({"b": ""}, ["b"], 66, "'b' is empty"),
        ({"b": HEAD}, ["b"], 66, "'b' has no ballot and no verdict"),
        ({"b": json.dumps(ITEMS[0])}, ["b"], 66, "items go to --items"),
        ({"b": HEAD + row("q1", "a", "A") + "q1\ta"}, ["b"], 65, "b: line 3: 2 columns"),
        ({"b": '{"item":"q1","judge":"a","label":"A"}\n{"item":"q2","ju'}, ["b"], 65, "b: line 2: not JSON"),
        ({"b": HEAD + row("q1", "a", "A") + row("q2", "a", "B"), "i": json.dumps(ITEMS[0])},
         ["b", "--items", "i"], 0, "1 item has ballots but is not in the items"),
        ({"b": HEAD + row("q1", "a", "A"), "c": HEAD + row("q1", "a", "good")}, ["b", "c"], 78,
         "one source answers a pair question and another a choice question"),
        ({"b": HEAD + row("q1", "a", "A") + row("q1", "a", "B")}, ["b"], 0, "1 ballot is there twice"),
        ({"b": HEAD + row("q1", "a", "")}, ["b"], 78, "no ballot has a readable answer"),
        ({"b": json.dumps({"id": "q1", "status": "decided", "label": "A"})}, ["b"], 78,
         "'b' has verdicts without their ballots"),
        ({"b": HEAD + row("q1", "a", "A")}, ["b", "-o", "no/such"], 74, "cannot write 'no/such'"),
        ({"b": HEAD + row("q1", "a", "A")}, ["nosuch.yaml", "b"], 78, "nosuch.yaml"),
        ({"p.yaml": "question: pair\njudges: [lexical/length]\n"}, ["p.yaml"], 64, "decide wants"),
        ({}, [], 64, "decide wants"),
        ({"b": HEAD + row("q1", "a", "A", sample=64)}, ["b"], 66, "samples are numbered 0 to 63"),
    ],
)
def test_bad_input(world, files, args, rc, says):
    for name, text in files.items():
        world.write(name, text)
    decided = world.assize("decide", *args)
    assert decided.rc == rc and says in decided.stderr, decided


def test_compressed_and_cut_off(world):
    text = HEAD + "".join(row(f"q{i}", "a", "AB"[i % 3 == 0]) for i in range(500))
    packed = gzip.compress(text.encode())
    world.path("b.gz").write_bytes(packed[:-100])
    decided = world.assize("decide", "b.gz")
    assert decided.rc == 66 and "gzip data is cut off" in decided.stderr, decided
    world.path("b.gz").write_bytes(packed)
    decided = world.assize("decide", "b.gz", env={"TMPDIR": str(world.path("nosuch"))})
    assert decided.rc == 74 and "Set TMPDIR to a folder with room." in decided.stderr, decided


def test_a_byte_order_mark_and_other_line_ends(world):
    world.path("b.jsonl").write_bytes(
        b'\xef\xbb\xbf{"item":"q","judge":"a","label":"A"}\r\n\r\n{"item":"q","judge":"b","label":"A"}')
    decided = world.assize("decide", "b.jsonl")
    assert decided.rc == 0 and lines(decided.stdout)[0]["seats"]["voted"] == 2, decided


def test_output_that_is_full(world):
    world.write("b.tsv", HEAD + row("q", "a", "A"))
    with open("/dev/full", "w") as full:
        assert world.command("decide", "b.tsv", stdout=full).wait().rc == 74


def test_a_job_of_another_question(world):
    world.run(LEXICAL, lexical_items(5))
    other = world.write("p.yaml", LEXICAL.replace("kind: pair", "kind: pair, ask: Which is worse?"))
    decided = world.assize("decide", other, "job")
    assert decided.rc == 78 and "judge 'longer' was asked otherwise" in decided.stderr, decided
    score = world.write("s.yaml", "question: {kind: score, scale: [0, 1]}\njudges: [lexical/chrf]\n")
    decided = world.assize("decide", score, "job")
    assert decided.rc == 78 and "a score question and a pair question" in decided.stderr, decided


def test_items_that_changed_since(world):
    world.run(LEXICAL, lexical_items(5))
    items = lexical_items(5)
    items[2]["responses"][0] += "!"
    decided = world.assize("decide", "job", "--items", world.write("new.jsonl", items))
    assert "1 item is not what the job asked about" in decided.stderr
    assert [v["status"] for v in lines(decided.stdout)].count("failed") == 1 and decided.rc == 65


# ---- published figures ----

SETS = {"judgebench": 3, "llmbar-casestudy": 30, "pandalm": 5, "rewardbench2-k8": 4, "dices350": 15}


def decided(world, folder, *panel):
    got = world.assize("decide", *panel, folder / "ballots.tsv", "--items", folder / "items.jsonl",
                       "-o", "v.jsonl", "--json-summary", "s.json")
    assert got.rc in (0, 65), got  # seats without a readable ballot fail items of few judges
    return json.loads(world.path("s.json").read_text())


@pytest.mark.parametrize("name", SETS)
def test_each_judge_is_as_right_as_published(world, data, name):
    """SOURCE.md's "combined" columns, over the items that the judge was asked about.
    Of a pair that knows no tie they count one as a third label, so such judges are left out."""
    table, items = published(data / name), len(read_jsonl(data / name / "items.jsonl"))
    compared = 0
    for judge in decided(world, data / name)["judges"]:
        row = table.get(judge["name"])
        if not row or int(row["items"]) < items or (name == "judgebench" and row["ties"] != "0"):
            continue
        assert f"{100 * judge['accuracy_shared']:.2f}" == row["combined, undecided = 1/k"], row
        assert f"{100 * judge['accuracy']:.2f}" == row["combined, undecided = wrong"], row
        compared += 1
    assert compared == SETS[name]


def test_scores_correlate_as_published(world, data):
    table = published(data / "llmjudge")
    summary = decided(world, data / "llmjudge")
    for judge in summary["judges"]:
        assert f"{judge['pearson']:.3f}" == table[judge["name"]]["pearson"], judge["name"]
    assert f"{summary['panel']['pearson']:.3f}" == table["panel: mean"]["pearson"]


@pytest.mark.parametrize("name, question, wrong, shared", [
    ("dices350", {"kind": "choice", "labels": ["safe", "unsafe", "unsure"]}, "65.14", "65.43"),
    ("pandalm", {"kind": "pair"}, "96.00", "96.65"),
])
def test_the_plurality_is_as_right_as_published(world, data, name, question, wrong, shared):
    with open(data / name / "ballots.tsv") as f:
        judges = sorted({line.split("\t")[1] for line in list(f)[1:]})
    panel = world.write("p.yaml", json.dumps({
        "question": question,
        "judges": [{"name": j, "backend": "past", "model": j, "orders": "one"} if name == "pandalm"
                   else {"name": j, "backend": "past", "model": j} for j in judges],
        "backends": [{"name": "past", "kind": "recorded", "file": str(data / name / "ballots.tsv")}],
        "aggregate": {"kind": "plurality", "tie": "abstain"},
    }))
    summary = decided(world, data / name, panel)
    assert f"{100 * summary['panel']['accuracy']:.2f}" == wrong
    assert f"{100 * summary['panel']['accuracy_shared']:.2f}" == shared
    run = world.run(panel, data / name / "items.jsonl")  # the recorded backend says the same
    assert [(v["id"], v["label"]) for v in run.verdicts()] == [
        (v["id"], v["label"]) for v in read_jsonl(world.path("v.jsonl"))
    ]


def test_a_crowd_by_its_majority(world, data):
    """39 people about every picture of a bird, and 164 of whom ten come to each pair of sentences:
    the accuracies of the majority that these sets are known for, a tie being half right."""
    for name, accuracy, seats in (("bluebirds", 0.759259259259, 39), ("rte", 0.896875, 10)):
        crowd = data / "crowd" / name
        gold = world.write("gold.tsv", (crowd / "truth.tsv").read_text().replace("item", "id", 1))
        decided = world.assize("decide", crowd / "answers.tsv", "--gold", gold, "--by", "majority",
                               "-o", "v.jsonl", "--json-summary", "s.json")
        assert decided.rc == 0, decided
        assert {v["seats"]["n"] for v in read_jsonl(world.path("v.jsonl"))} == {seats}
        panel = json.loads(world.path("s.json").read_text())["panel"]
        assert panel["accuracy_shared"] == pytest.approx(accuracy, abs=1e-9)


def test_labels_that_are_no_pair(world):
    world.write("items.jsonl", lexical_items(8))
    good = "".join(row(f"q{i}", j, "AB"[i % 2]) for i in range(8) for j in "abc")
    world.path("b.tsv").write_text(HEAD + good + row("q1", "d", "Aa"))
    run = world.assize("decide", "b.tsv", "--items", "items.jsonl", "-q")
    assert run.rc == 0 and "labels are none of A, B, tie: 'Aa'; read as a choice" in run.stderr, run
    world.path("b.tsv").write_text(HEAD + good)
    run = world.assize("decide", "b.tsv", "--items", "items.jsonl", "-q")
    assert run.rc == 0 and run.stderr == "", run


def test_numbers_of_reasons_that_are_alike(world):
    """Those that all have stay; the others are left out."""
    world.path("b.tsv").write_text(HEAD + "".join(
        row("q0", j, x) for j, x in zip("abc", ["A", "B", ""])) + "".join(
        row("q1", j, x) for j, x in zip("abd", ["A", "B", ""])))
    run = world.assize("decide", "b.tsv")
    assert "abstained: no majority, and 1 of 3 seats in error could have made one (2)" in run.stderr
    more = "".join(row("q2", j, x) for j, x in zip("abcd", ["A", "B", "", ""]))
    world.path("b.tsv").write_text(world.path("b.tsv").read_text() + more)
    run = world.assize("decide", "b.tsv")
    assert "no majority, and … of … seats in error could have made one (3)" in run.stderr, run
