"""Judges that are not any more what they were when the panel was calibrated."""

import json
import random

import pytest

from panels import pair_items
from services import Service, free_port
from test_coordinator import get
from test_calibrate import ACCURACY, JUDGES, draw, gold, panel
from test_recorded import HEAD, recorded


@pytest.fixture
def calibrated(world):
    """A calibration of 300 labelled items of the past: `c.json`."""
    items, ballots, truths = draw(300)
    world.write("past.jsonl", items)
    world.path("past.tsv").write_text(ballots)
    world.write("past-gold.jsonl", gold(truths, 300))
    world.write("past.yaml", recorded("past.tsv"))
    run = world.assize("calibrate", "past.yaml", "past.tsv", "--items", "past.jsonl", "--gold",
                       "past-gold.jsonl", "--risk", "0.2", "-o", "c.json")
    assert run.rc == 0 and "drift is held against" in run.stderr, run


def stream(world, n, since, accuracy, seed=9):
    """Items to come, in now.tsv; from `since` on judges are right as `accuracy` says."""
    rng = random.Random(seed)
    rows, truths = [], []
    for i in range(n):
        truths.append(rng.choice("AB"))
        for judge, good in zip(JUDGES, ACCURACY if i < since else accuracy):
            label = truths[i] if rng.random() < good else "BA"["AB".index(truths[i])]
            rows.append(f"q{i}\t{judge}\tpair\t\t0\t{label}\t\n")
    world.path("now.tsv").write_text(HEAD + "".join(rows))
    world.write("now.jsonl", pair_items(n))
    return truths


def now(**aggregate):
    return panel(**aggregate).replace("past.tsv", "now.tsv")


def drift(run):
    return json.loads((run.job / "summary.json").read_text())["drift"]


def alarms(found):
    return [(j["name"], what) for j in found["judges"] for what in ("wrong", "apart")
            if j[what]["alarm"]]


def test_nothing_has_changed(world, calibrated):
    truths = stream(world, 400, 400, ACCURACY)
    world.write("audit.jsonl", gold(truths, 400)[::4])
    run = world.run(now(), "now.jsonl", "--gold", "audit.jsonl")
    assert run.rc == 0 and "DRIFT" not in run.stderr and "drift: the panel" in run.stderr, run
    found = drift(run)
    assert found["alarms"] == 0 and found["panel"]["n"] == 100 and not alarms(found)
    assert found["judges"][0]["wrong"]["n"] == 100 and found["judges"][0]["apart"]["n"] > 390


def test_a_judge_changes(world, calibrated):
    """The best judge becomes a coin: told in the summary and in the report."""
    truths = stream(world, 600, 150, (0.5, 0.65, 0.6))
    world.write("audit.jsonl", gold(truths, 600)[::3])
    run = world.run(now(risk=0.2), "now.jsonl", "--gold", "audit.jsonl")
    assert run.rc == 0, run
    assert "DRIFT: judge 'a' was wrong on" in run.stderr, run
    found = drift(run)
    assert found["panel"]["base"] == 0.2 and found["panel"]["alarm"]
    a = found["judges"][0]["wrong"]
    assert a["alarm_at"] < a["n"] and a["alarm_value"] != a["value"] and a["p"] < 0.01, a
    assert f"of the first {a['alarm_at']} audited items in the order they came" in run.stderr, run
    assert ("a", "wrong") in alarms(found) and ("b", "wrong") not in alarms(found)
    report = world.assize("report", run.job, "--json", "-", "-o", "r.html")
    assert "DRIFT: the panel was wrong on" in report.stderr, report
    assert json.loads(report.stdout)["drift"] == found
    assert "Judges have drifted" in world.path("r.html").read_text()


def test_labelled_afterwards(world, calibrated):
    """A job without gold, then an audit of what it decided."""
    truths = stream(world, 600, 0, (0.5, 0.65, 0.6))
    run = world.run(now(), "now.jsonl")
    assert run.rc == 0 and drift(run)["panel"]["n"] == 0, run
    world.write("audit.jsonl", gold(truths, 600)[::4])
    report = world.assize("report", run.job, "--gold", "audit.jsonl", "--json", "-", "-o", "r.html")
    assert json.loads(report.stdout)["drift"]["panel"]["alarm"], report
    picked = [{**row, "weight": 1 + i % 2} for i, row in enumerate(gold(truths, 600)[::4])]
    world.write("picked.jsonl", picked)
    report = world.assize("report", run.job, "--gold", "picked.jsonl", "--json", "-", "-o", "r.html")
    panel_now = json.loads(report.stdout)["drift"]["panel"]
    assert not panel_now["alarm"] and "unequal chances" in panel_now["reasons"]["value"], report


def test_a_service_says_so(world, calibrated):
    truths = stream(world, 400, 0, (0.3, 0.65, 0.6))
    world.write("audit.jsonl", gold(truths, 400))
    port = free_port()
    service = Service(world, http=port)
    try:
        past = str(world.path("now.tsv"))
        service.worker(backends=[{"name": "past", "kind": "recorded", "file": past}])
        job = service.submit(now(), world.path("now.jsonl"), "--gold", world.path("audit.jsonl"))
        service.verdicts(job)
        service.coordinator.said("judges have drifted")
        while "\nassize_drift_alarms_total 0\n" in get(port, "/metrics")[1]:
            pass  # its figures are a second old
    finally:
        service.close()
