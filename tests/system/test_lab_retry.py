"""`assize resume --retry-failed`: what failed is asked again, and nothing else."""

import json
import random

import pytest

from chat import backend, pairs, panel
from conftest import read_jsonl
from test_crash import asked

ITEMS = 60


def lab_of(lab, stub):
    coordinator = lab.coordinator()
    lab.worker("w0", [backend(stub, slots=4)])
    return coordinator, lab.client()


def all_decided(job, n=ITEMS):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]
    assert {row["status"] for row in rows} == {"decided"}
    info = job.info()
    assert (info["decided"], info["abstained"], info["failed"]) == (n, 0, 0), info


def test_of_a_job_that_is_done(lab, world):
    """It is open again, and done when what failed is decided; said twice it is once."""
    stub = world.stub(fault="400:every=5")
    _, client = lab_of(lab, stub)
    job = client.submit(panel([]), pairs(ITEMS), "--deadline", "12h")
    assert job.watch().rc == 65
    failed = {row["id"] for row in job.results() if row["status"] != "decided"}
    assert len(failed) == ITEMS // 5
    refused = client.run("resume", job.id)
    assert refused.rc != 0 and "--retry-failed" in refused.stderr
    stub.control(fault=[])
    client.ok("resume", job.id, "--retry-failed")
    all_decided(job)
    counts = asked(stub)
    assert {item for (item, _), n in counts.items() if n == 2} == failed
    assert set(counts.values()) == {1, 2}
    client.ok("resume", job.id, "--retry-failed")
    assert job.info()["state"] == "done"
    assert asked(stub) == counts
    job.results()  # its files are written on the thread that reads them
    rows = read_jsonl(job.dir / "verdicts.jsonl")
    assert [row["status"] for row in rows] == ["decided"] * ITEMS
    assert json.loads((job.dir / "summary.json").read_text())["decided"] == ITEMS


def test_of_a_job_that_runs(lab, world):
    """And of one that is paused: what was under way is kept."""
    stub = world.stub(fault="400:first=20", delay=20)
    _, client = lab_of(lab, stub)
    job = client.submit(panel([]), pairs(200))
    job.until(lambda info: info["failed"] + info["abstained"] == 20)
    client.ok("resume", job.id, "--retry-failed")
    stub.wait(requests=60)
    client.ok("pause", job.id)
    client.ok("resume", job.id, "--retry-failed")
    all_decided(job, 200)
    assert sorted(asked(stub).values()) == [1] * 180 + [2] * 20


@pytest.mark.parametrize("kills", [6, pytest.param(12, marks=pytest.mark.slow)])
def test_killed_when_it_has_said_yes(lab, world, kills):
    """What it said is done, however soon it is killed; no answer is paid for twice."""
    rng = random.Random(kills)
    stub = world.stub(fault="400:every=3")
    coordinator, client = lab_of(lab, stub)
    job = client.submit(panel([]), pairs(ITEMS))
    assert job.watch().rc == 65
    kept = job.stored()
    stub.control(fault="400")
    for _ in range(kills):
        before = stub.counts()["requests"]
        client.ok("resume", job.id, "--retry-failed")
        if asks := rng.randrange(4):
            stub.wait(requests=before + asks)
        coordinator.kill9()
        coordinator.start()
        assert job.watch().rc == 65
        assert stub.counts()["requests"] >= before + ITEMS - len(kept)
        assert job.stored() == kept
    stub.control(fault=[])
    client.ok("resume", job.id, "--retry-failed")
    all_decided(job)
    assert all(n == 1 for (item, model), n in asked(stub).items() if (item, "j0", 1) in kept)
