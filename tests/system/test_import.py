"""Judgements that were made elsewhere become ballots: every form, the join with
items, bad input, output that cannot be written."""

import csv
import gzip
import io
import json
import pathlib
import zipfile

import pytest

from conftest import ROOT, read_jsonl

FORMS = ROOT / "tests/data/import"

# form, file, more options, ballots, errors among them, items
EVERY = [
    ("ballots", "ballots.tsv", [], 4, 1, 2),
    ("ballots", "ballots.jsonl", [], 2, 1, 1),
    ("crowd", "crowd.tsv", [], 4, 1, 2),
    ("crowd", "pairs.csv", [], 4, 1, 2),
    ("csv", "table.csv", ["--columns", "item=id,judge=rater,label=pick,order=seen,rationale=why"], 4, 1, 2),
    ("alpaca-eval", "alpaca-eval.json", [], 5, 1, 5),
    ("arena-hard", "arena-hard.jsonl", [], 6, 2, 3),
    ("judgebench", "judgebench.jsonl", [], 5, 2, 3),
    ("promptfoo", "promptfoo.json", [], 6, 1, 3),
    ("promptfoo", "promptfoo.jsonl", [], 6, 1, 3),
    ("inspect", "inspect.json", [], 6, 0, 3),
    ("openai-batch", "openai-batch.jsonl",
     ["--answer", "arena_hard", "--labels", "A,B,tie", "--id", "{item}/{order}"], 5, 3, 3),
    ("anthropic-batch", "anthropic-batch.jsonl",
     ["--labels", "yes,no", "--id", "{item}-{order}"], 3, 2, 3),
]


def short(ballot):
    answer = "!" + ballot["error"]["kind"] if "error" in ballot else ballot["label"]
    return ballot["item"], ballot["judge"], ballot["order"], answer


@pytest.mark.parametrize("form,file,more,ballots,errors,items", EVERY)
def test_every_form(world, form, file, more, ballots, errors, items):
    out = world.path("b.jsonl")
    done = world.assize("import", FORMS / file, "--as", form, *more, "-o", out)
    assert done.rc == 0, done
    got = read_jsonl(out)
    assert len(got) == ballots
    assert sum("error" in b for b in got) == errors
    assert len({b["item"] for b in got}) == items
    assert all(b["label"] is None for b in got if "error" in b)
    assert all(b["how"] == "imported" for b in got if "error" not in b)
    assert f"{ballots} ballots on {items} item" in done.stderr
    # The same from stdin, compressed, is the same to the byte.
    packed = world.path("packed.gz")
    packed.write_bytes(gzip.compress((FORMS / file).read_bytes()))
    again = world.assize("import", packed, "--as", form, *more)
    assert again.rc == 0 and again.stdout == out.read_text()


def test_ballots_are_in_the_published_form(world):
    """A ballots file has the fields that `assize schema ballot` lists."""
    schema = json.loads(world.assize("schema", "ballot").stdout)
    done = world.assize("import", FORMS / "alpaca-eval.json", "--as", "alpaca-eval")
    for ballot in map(json.loads, done.stdout.splitlines()):
        assert set(ballot) <= set(schema["properties"]) | {"item"}
        assert set(schema["required"]) <= set(ballot)


def test_join(world):
    """By id, then by content; an item that lists the responses the other way round
    turns the labels."""
    done = world.assize("import", FORMS / "alpaca-eval.json", "--as", "alpaca-eval",
                        "--items", FORMS / "items.jsonl")
    got = [short(json.loads(line)) for line in done.stdout.splitlines()]
    assert got[0] == ("river", "weighted_judge", None, "A")
    assert got[1] == ("lake", "weighted_judge", None, "A")  # the source says the second
    assert len(got[2][0]) == 32  # not among the items: known by its content
    assert "by content 2, not joined 3" in done.stderr
    assert "of 5 items 3 without a ballot" in done.stderr
    assert "1 item lists the responses the other way round" in done.stderr


def test_items_out_joins_again(world):
    """What a form carries is enough to go on with: the same file joins to it whole."""
    for form, file in (("alpaca-eval", "alpaca-eval.json"), ("judgebench", "judgebench.jsonl"),
                       ("promptfoo", "promptfoo.json"), ("inspect", "inspect.json")):
        items, out = world.path(f"{form}.items.jsonl"), world.path(f"{form}.jsonl")
        first = world.assize("import", FORMS / file, "--as", form, "--items-out", items, "-o", out)
        assert first.rc == 0, first
        assert {i["id"] for i in read_jsonl(items)} == {b["item"] for b in read_jsonl(out)}
        again = world.assize("import", FORMS / file, "--as", form, "--items", items)
        assert "not joined 0" in again.stderr and "0 without a ballot" in again.stderr
        assert again.stdout == out.read_text()


def test_imported_ballots_are_judges(world):
    """A recorded backend answers a run from what was imported."""
    items, out = world.path("i.jsonl"), world.path("b.jsonl")
    assert world.assize("import", FORMS / "judgebench.jsonl", "--as", "judgebench",
                        "--items-out", items, "-o", out).rc == 0
    panel = f"""
question: pair
backends: [{{name: past, kind: recorded, file: "{out}"}}]
judges:
  - {{name: a, backend: past, model: judge-1/arena_hard}}
"""
    run = world.run(panel, items)
    assert run.by_id()["p1"]["ballots"][0]["label"] in ("A", "B"), run
    labels = {b["order"]: b["label"] for b in run.by_id()["p1"]["ballots"]}
    assert labels == {"AB": "A", "BA": "B"}


def test_decided_from_one_file(world):
    """A file of AlpacaEval alone is enough for verdicts with win rates."""
    items, out = world.path("i.jsonl"), world.path("b.jsonl")
    assert world.assize("import", FORMS / "alpaca-eval.json", "--as", "alpaca-eval",
                        "--items-out", items, "-o", out).rc == 0
    done = world.assize("decide", out, "--items", items)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(v["status"], v["label"], v["winner"]) for v in verdicts] == [
        ("decided", "A", "base"), ("decided", "B", "tuned"), ("decided", "tie", None),
        ("failed", None, None), ("decided", "B", "tuned")], done


def test_labels_as_shown(world):
    """The example of docs/import.md: names first, then the frame; what has none is told."""
    sheet = world.write("sheet.csv", "id,rater,seen,pick\nx,j,BA,2\ny,j,BA,1\nz,j,AB,1\nu,j,ba,1\n")
    done = world.assize("import", sheet, "--as", "csv", "--columns", "item=id,judge=rater,label=pick,order=seen",
                        "--map", "1=A,2=B", "--shown")
    assert [short(json.loads(line)) for line in done.stdout.splitlines()] == [
        ("x", "j", "BA", "A"), ("y", "j", "BA", "B"), ("z", "j", "AB", "A"), ("u", "j", None, "!parse")]
    assert "1 label could not be turned" in done.stderr
    assert "1 record has an order that is none" in done.stderr


def test_labels_of_no_question_are_told(world):
    items = world.write("pairs.jsonl", '{"id": "x", "prompt": "p", "responses": ["a", "b"]}\n')
    sheet = world.write("slip.csv", "item,judge,label\nx,j,1\nx,k,equal\n")
    done = world.assize("import", sheet, "--as", "csv", "--items", items)
    assert done.rc == 0 and "2 answers have a label that is none of A, B and tie" in done.stderr, done
    assert "'1', 'equal'" in done.stderr
    done = world.assize("import", sheet, "--as", "ballots")
    assert done.rc == 65 and "--as csv." in done.stderr and done.stderr.count("line 1") == 1, done


def test_wrong_form_is_told(world):
    for form, file, is_one in (("alpaca-eval", "arena-hard.jsonl", "arena-hard"),
                               ("crowd", "inspect.json", "inspect"),
                               ("promptfoo", "alpaca-eval.json", "alpaca-eval"),
                               ("ballots", "judgebench.jsonl", "judgebench"),
                               ("judgebench", "ballots.tsv", "ballots")):
        out = world.path("none.jsonl")
        done = world.assize("import", FORMS / file, "--as", form, "-o", out)
        assert done.rc == 65, done
        assert f"--as {is_one}." in done.stderr, done
        assert not out.exists()


def test_bad_lines_are_told_and_counted(world):
    text = "task,worker,label\nt1,w,yes\nt2\nt3,w,no\n" + "x\n" * 20
    bad = world.write("bad.csv", text)
    out = world.path("b.jsonl")
    done = world.assize("import", bad, "--as", "crowd", "-o", out)
    assert done.rc == 65
    assert len(read_jsonl(out)) == 2
    assert "line 3: 1 cells, fewer than the header" in done.stderr
    assert "21 bad" in done.stderr and done.stderr.count("line ") == 10
    strict = world.path("strict.jsonl")
    done = world.assize("import", bad, "--as", "crowd", "-o", strict, "--strict")
    assert done.rc == 65 and not strict.exists()


def test_a_file_that_ends_too_early(world):
    """What was read before counts, and is told to be not all."""
    whole = (FORMS / "alpaca-eval.json").read_bytes()
    one = json.loads(whole)[0]
    big = json.dumps([{**one, "instruction": str(i)} for i in range(3000)]).encode()
    for name, content in (("cut.json", whole[:900]), ("big.json", big[:-1]),
                          ("cut.gz", gzip.compress(whole)[:-30]), ("cut2.gz", gzip.compress(big)[:-30])):
        cut = world.path(name)
        cut.write_bytes(content)
        out = world.path(name + ".out")
        done = world.assize("import", cut, "--as", "alpaca-eval", "-o", out)
        assert done.rc == 65, done
        assert read_jsonl(out)
        assert "too early" in done.stderr or "cut off" in done.stderr or "not JSON" in done.stderr


class Pipe(io.RawIOBase):
    """What can't go back: sizes are written behind the contents."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, "pipe"])
def test_eval_file(world, how):
    """Inspect's archive says what the same log says as JSON."""
    log = json.loads((FORMS / "inspect.json").read_text())
    out = Pipe() if how == "pipe" else io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if how == "pipe" else how) as archive:
        archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"]}))
        for sample in log["samples"]:
            events = [{"event": "model", "text": "x" * 1000}] * 200
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json",
                             json.dumps({**sample, "events": events}))
        archive.writestr("summaries.json", "[]")
        archive.writestr("header.json", json.dumps({"eval": log["eval"], "status": "success"}))
    packed = world.path("log.eval")
    packed.write_bytes(out.bytes if how == "pipe" else out.getvalue())
    answers = []
    for file in (FORMS / "inspect.json", packed):
        items = world.path("items.jsonl")
        done = world.assize("import", file, "--as", "inspect", "--items-out", items)
        assert done.rc == 0, done
        answers.append((done.stdout, items.read_text()))
    assert answers[0] == answers[1]
    # Cut off in the middle, what came before counts.
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size * 2 // 3])
    done = world.assize("import", packed, "--as", "inspect")
    assert done.rc == 65 and "zip data is cut off" in done.stderr and done.stdout, done
    done = world.assize("import", packed, "--as", "crowd")
    assert done.rc == 65 and "it is a zip archive" in done.stderr, done


def test_usage(world):
    for args, says in ((["x"], "--as FORM"), (["x", "--as", "alpaca-evil"], "Did you mean 'alpaca-eval'"),
                       (["x", "--as", "crowd", "--answer", "json"], "not for crowd"),
                       (["x", "--as", "alpaca-eval", "--shown"], "not for alpaca-eval"),
                       (["x", "--as", "arena-hard", "--items-out", "i"], "carries no items"),
                       (["x", "--as", "openai-batch"], "question is not said"),
                       (["x", "--as", "crowd", "--map", "1=A,1=B"], "'1' twice"),
                       ([], "wants a file")):
        done = world.assize("import", *args)
        assert done.rc == 64 and says in done.stderr, done
    assert world.assize("import", world.path("none"), "--as", "crowd").rc == 66
    assert world.assize("import", world.write("e", ""), "--as", "crowd").rc == 66
    assert world.assize("import", FORMS / "crowd.tsv", "--as", "crowd", "--items",
                        world.path("none")).rc == 66


def test_output_that_cannot_be_written(world):
    for out in ("/dev/full", world.path("no") / "folder"):
        done = world.assize("import", FORMS / "crowd.tsv", "--as", "crowd", "-o", out)
        assert done.rc == 74 and "cannot write" in done.stderr, done
    done = world.assize("import", FORMS / "alpaca-eval.json", "--as", "alpaca-eval",
                        "-o", world.path("b.jsonl"), "--items-out", "/dev/full")
    assert done.rc == 74, done


def test_published_sets(world, data):
    """Every recorded set, whole, as its table has it."""
    for table in sorted(data.glob("*/ballots.tsv")):
        out = world.path("b.jsonl")
        done = world.assize("import", table, "--as", "ballots", "-o", out,
                            "--items", table.parent / "items.jsonl")
        assert done.rc == 0 and "not joined 0" in done.stderr, done
        with table.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        got = read_jsonl(out)
        assert len(got) == len(rows)
        for row, ballot in zip(rows, got):
            assert (row["item"], row["judge"], row["order"]) == (
                ballot["item"], ballot["judge"], ballot["order"] or "")
            assert row["label"] == (ballot["label"] or "")


def test_published_crowds(world, data):
    """As many answers as the file has; a worker's second is a sample of its own."""
    for answers in sorted(data.glob("crowd/*/answers.tsv")):
        out = world.path("b.jsonl")
        done = world.assize("import", answers, "--as", "crowd", "-o", out)
        assert done.rc == 0, done
        got = read_jsonl(out)
        assert len(got) == len(pathlib.Path(answers).read_text().splitlines()) - 1
        assert len({(b["item"], b["judge"], b["sample"]) for b in got}) == len(got)
    pairs = world.path("p.jsonl")
    done = world.assize("import", data / "crowd/pairwise/comparisons.tsv", "--as", "crowd", "-o", pairs)
    assert done.rc == 0 and "420 ballots on 28 items" in done.stderr, done
