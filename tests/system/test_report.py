"""`assize report`: one page and its JSON, from whatever has ballots."""

import json
import math
import shutil

import pytest

from browser import CHROMIUM, DRIVER, Browser
from conftest import read_jsonl

HEAD = "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"

PAIRS = """\
question: {kind: pair, ask: "Which is nearer?"}
judges:
  - {name: longer, backend: lexical, model: length}
  - {name: nearer, backend: lexical, model: token_f1}
  - {name: chrf, backend: lexical, model: chrf}
"""


def pairs(n):
    texts = ["yes", "no no", "maybe yes", "yes yes no", "a much </script><b id=evil>longer</b> no"]
    return [
        {"id": f"q{i}", "prompt": f"p{i}", "reference": "yes", "gold": "AB"[i % 2],
         "systems": ["north", "south"] if i % 3 else ["south", "north"],
         "responses": [texts[i % 5], texts[(i + 1 + i % 3) % 5]]}
        for i in range(n)
    ]


@pytest.fixture
def browser(tmp_path):
    if not shutil.which(CHROMIUM) or not shutil.which(DRIVER):
        pytest.skip("chromium or chromedriver is not installed")
    b = Browser(tmp_path)
    yield b
    b.close()


def report(world, *args):
    page, figures = world.path("report.html"), world.path("report.json")
    run = world.assize("report", *args, "-o", page, "--json", figures)
    assert run.rc == 0, run
    return page, json.loads(figures.read_text(), parse_constant=pytest.fail)


def no_nan(value):
    if isinstance(value, dict):
        if "value" in value and value["value"] is None:
            assert value["reason"], value
        for v in value.values():
            no_nan(v)
    elif isinstance(value, list):
        for v in value:
            no_nan(v)
    elif isinstance(value, float):
        assert math.isfinite(value)


# ---- figures ----


def test_of_a_job(world):
    run = world.run(PAIRS, pairs(60))
    page, figures = report(world, run.job)
    no_nan(figures)
    summary = run.summary()
    assert figures["format"] == "assize-report/1"
    assert figures["counts"]["items"] == 60 and figures["counts"]["gold"] == 60
    assert figures["panel"]["accuracy"]["value"] == summary["panel"]["accuracy"]
    assert [j["accuracy"]["value"] for j in figures["judges"]] == \
        [j["accuracy"] for j in summary["judges"]]
    assert {s["name"] for s in figures["systems"]} == {"north", "south"}
    assert figures["cost"]["unit"] == "seats" and figures["cost"]["frontier"]
    assert "</script><b id=evil>" not in page.read_text()
    assert any("</script><b id=evil>" in r for i in figures["contested"] for r in i["responses"])


def test_of_verdicts_and_of_ballots(world):
    run = world.run(PAIRS, pairs(40))
    _, from_job = report(world, run.job)
    _, from_verdicts = report(world, run.job / "panel.yaml", run.job / "verdicts.jsonl",
                              "--items", world.path("items.jsonl"))
    for part in ("counts", "panel", "agreement", "cost"):
        assert from_verdicts[part] == from_job[part], part


def test_without_gold_it_says_so(world):
    items = [{k: v for k, v in i.items() if k != "gold"} for i in pairs(30)]
    run = world.run(PAIRS, items)
    _, figures = report(world, run.job)
    assert any("No item has gold" in n for n in figures["notes"])
    assert figures["methods"] == [] and figures["cost"]["reason"]
    assert figures["agreement"]["effective_votes"]["value"] is None


def test_scores_and_errors(world):
    rows = [f"i{i}\tmild\tllm\t\t0\t\t{4 + i % 2}\n" for i in range(30)]
    rows += [f"i{i}\tstern\tllm\t\t0\t\t{'' if i < 3 else 1 + i % 3}\n" for i in range(30)]
    gold = "id,gold\n" + "".join(f"i{i},{1 + i % 5}\n" for i in range(30))
    panel = world.write("p.yaml", "question: {kind: score, scale: [1, 5], step: 1, pass: '>= 4'}\n"
                        "backends: [{name: past, kind: recorded, file: b.tsv}]\n"
                        "judges: [{name: mild, backend: past, model: mild},"
                        " {name: stern, backend: past, model: stern}]\n")
    ballots = world.write("b.tsv", HEAD + "".join(rows))
    _, figures = report(world, panel, ballots, "--gold", world.write("gold.csv", gold))
    no_nan(figures)
    mild, stern = figures["judges"]
    assert mild["leniency"]["value"] == 1 and mild["levels_used"]["value"] == 2
    assert stern["mean"]["value"] < 3 and stern["leniency"]["value"] == 0
    assert figures["errors"] and figures["errors"][0]["judges"] == [{"name": "stern", "n": 3}]


def test_systems_are_ranked(world):
    items = [{k: v for k, v in i.items() if k != "gold" or n % 2} for n, i in enumerate(pairs(60))]
    _, figures = report(world, world.run(PAIRS + "aggregate: {tie: abstain}\n", items).job)
    no_nan(figures)
    north, south = sorted(figures["systems"], key=lambda s: s["name"])
    assert north["strength"]["value"] == pytest.approx(-south["strength"]["value"])
    assert (north["win_rate"]["value"] > 0.5) == (north["strength"]["value"] > 0)
    assert north["elo"]["value"] is not None


def test_some_gold_speaks_for_all(world):
    items = [i if k < 60 else {n: v for n, v in i.items() if n != "gold"}
             for k, i in enumerate(pairs(180))]
    run = world.run(PAIRS, items)
    _, figures = report(world, run.job)
    over = figures["over_all"]
    no_nan(over)
    assert over["items"] == 180 and over["labelled"] == 60 and over["drawn"] == 120
    assert {f["name"] for f in over["figures"]} == {"accuracy_shared", "win_rate"}
    for f in over["figures"]:
        assert f["why"] and f["labelled"] <= f["items"] <= 180
        assert f["figure"]["n"] == f["labelled"]
        assert f["figure"]["low"] <= f["figure"]["value"] <= f["figure"]["high"]
    assert any("Over all items" in n for n in figures["notes"])
    none = world.run(PAIRS, items[60:], "--job", world.path("none.assize"))
    _, figures = report(world, none.job)
    assert figures["over_all"]["figures"] == []
    assert figures["over_all"]["reason"] == "no item has a true answer"


def test_labels_of_elsewhere(world):
    """A choice panel that is right in four of five, on jobs with another share of yes."""
    panel = "question: {kind: choice, ask: q, labels: [yes, no], pass: [yes]}\n" \
            "judges: [{name: a, backend: past, model: a}]\n" \
            "backends: [{name: past, kind: recorded, file: past.tsv}]\n"
    rows, there, here = [], [], []
    for i in range(600):
        items, yes = (there, i % 2 == 0) if i < 200 else (here, i % 10 < 3)
        said = yes if i // 10 % 5 else not yes
        items.append({"id": f"q{i}", "prompt": f"p{i}", "response": "r"})
        if i < 200:
            items[-1]["gold"] = "yes" if yes else "no"
        rows.append(f"q{i}\ta\tchoice\t\t0\t{'yes' if said else 'no'}\t\n")
    world.path("past.tsv").write_text(
        "item\tjudge\tkind\torder\tsample\tlabel\tscore\n" + "".join(rows))
    a, b = world.run(panel, there), world.run(panel, here, "--job", world.path("here.assize"))
    assert a.rc == 0 and b.rc == 0, (a, b)
    _, figures = report(world, b.job, "--elsewhere", a.job)
    over = figures["over_all"]
    assert over["elsewhere"] and over["labelled"] == 200 and over["items"] == 400
    yes = next(f for f in over["figures"] if f["of"] == "yes")
    assert yes["figure"]["method"] == "rogan-gladen"
    assert yes["figure"]["low"] < 0.3 < yes["figure"]["high"]
    assert yes["predictions_alone"]["value"] == pytest.approx(0.3 * 0.8 + 0.7 * 0.2)
    own = world.assize("report", a.job, "--elsewhere", a.job)
    assert own.rc == 64 and "without true answers" in own.stderr, own
    none = world.assize("report", b.job, "--elsewhere", b.job)
    assert none.rc == 64 and "no item of" in none.stderr, none
    other = world.run(PAIRS, pairs(20), "--job", world.path("other.assize"))
    assert "other judges" in world.assize("report", b.job, "--elsewhere", other.job).stderr


def test_methods_are_those_of_calibrate(world, data):
    ballots, items = data / "judgebench/ballots.tsv", data / "judgebench/items.jsonl"
    _, figures = report(world, ballots, "--items", items)
    run = world.assize("calibrate", ballots, "--items", items, "-o", "c.json")
    assert run.rc == 0, run
    learnt = json.loads(world.path("c.json").read_text())["figures"]
    for method in figures["methods"]:
        if method["name"] in learnt and method["note"] != "as reported":
            assert method["accuracy_shared"] == learnt[method["name"]]["accuracy_shared"]
            assert method["log_loss"] == learnt[method["name"]]["log_loss"]
    assert {"auto", "single", "logodds"} <= {m["name"] for m in figures["methods"]}
    assert figures["reliability"] and all(j["weight"]["value"] is not None
                                          for j in figures["judges"])


def test_bad_sources(world):
    missing = world.assize("report", "nowhere", "-o", world.path("r.html"))
    assert missing.rc == 66 and "nowhere" in missing.stderr
    run = world.run(PAIRS, pairs(20))
    full = world.assize("report", run.job, "-o", "/nowhere/r.html")
    assert full.rc == 74 and "/nowhere" in full.stderr
    assert world.assize("report").rc == 64


@pytest.mark.parametrize("name", ["judgebench", "llmbar-casestudy", "llmjudge", "pandalm",
                                  "rewardbench2-k8", "dices350", "humanpairs"])
def test_published_sets(world, data, name):
    by = ["--by", "majority"] if name == "dices350" else []  # 123 raters are learnt for minutes
    _, figures = report(world, data / name / "ballots.tsv", "--items", data / name / "items.jsonl",
                        *by)
    no_nan(figures)
    assert figures["counts"]["items"] == len(read_jsonl(data / name / "items.jsonl"))
    held = [s["held_out"]["value"] for s in figures["cost"]["path"]]
    apparent = [s["accuracy"] for s in figures["cost"]["path"]]
    assert len(held) > 1 and all(h is not None for h in held)
    assert sum(held) <= sum(apparent) + 1e-9  # what was picked looks better than it is


# ---- the page ----


def test_the_page_draws_itself(world, browser):
    run = world.run(PAIRS, pairs(60))
    page, figures = report(world, run.job)
    browser.open(page)
    assert browser.complaints() == []
    titles = browser.js("return [...document.querySelectorAll('h2')].map(h => h.textContent)")
    assert titles[:3] == ["Verdicts", "How the ballots are best combined", "Systems"]
    assert browser.js("return document.querySelectorAll('#judges tbody tr').length") == 3
    assert browser.js("return document.querySelectorAll('svg').length") >= 1
    assert browser.js("return document.getElementById('evil')") is None
    assert browser.js("return document.querySelectorAll('details.item').length") == \
        len(figures["contested"])


def test_the_page_shows_what_some_gold_says_of_all(world, browser):
    items = [i if k < 60 else {n: v for n, v in i.items() if n != "gold"}
             for k, i in enumerate(pairs(120))]
    page, figures = report(world, world.run(PAIRS, items).job)
    browser.open(page)
    assert browser.complaints() == []
    rows = "return document.querySelectorAll('#over-all tbody tr').length"
    assert browser.js(rows) == len(figures["over_all"]["figures"]) > 0


def test_it_loads_nothing(world, browser):
    page, _ = report(world, world.run(PAIRS, pairs(30)).job)
    browser.open(page)
    assert browser.js("return performance.getEntriesByType('resource').length") == 0


def test_a_phone_and_a_keyboard(world, browser):
    page, figures = report(world, world.run(PAIRS, pairs(40)).job)
    browser.open(page, width=500, height=800)  # the narrowest window that it opens
    assert browser.js("return document.documentElement.scrollWidth <= innerWidth")
    browser.js("document.getElementById('find').focus()")
    browser.keys("p7")
    shown = browser.js("return [...document.querySelectorAll('details.item summary')]"
                       ".map(s => s.textContent)")
    wanted = [i for i in figures["contested"] if "p7" in json.dumps(i)]
    assert len(shown) == len(wanted)
    browser.js("document.querySelector('#judges th button').focus()")
    browser.keys("\ue007")  # Enter
    assert browser.js("return document.querySelector('#judges th').getAttribute('aria-sort')")


def test_dark_and_light(world, browser):
    page, _ = report(world, world.run(PAIRS, pairs(30)).job)
    browser.open(page)
    assert browser.js("return matchMedia('(prefers-color-scheme: dark)').matches") in (True, False)
    contrast = browser.js("""
      const c = getComputedStyle(document.body), l = s => { const v = s.match(/\\d+/g).slice(0, 3)
        .map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; });
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
      const a = l(c.color), b = l(c.backgroundColor);
      return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);""")
    assert contrast >= 7
