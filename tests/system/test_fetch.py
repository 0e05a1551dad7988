"""Verdicts of a job that stands still half-way: what is there is out at once, and what
is not is told. And what the other commands say of jobs that did not go well."""

import json

import pytest

from panels import OVERLAP, chat_pair, overlap_items, pair_items
from services import Service


@pytest.fixture
def service(world):
    s = Service(world)
    yield s
    s.close()


def half_way(service, world, items=40):
    """A job that has some verdicts, and gets no more until the stub lets go."""
    stub = world.stub(votes="A", delay=10)
    service.worker(backends=[{"name": "stub", "kind": "openai", "url": stub.url, "slots": 1}])
    job = service.submit(chat_pair(stub), pair_items(items))
    stub.wait(requests=5)
    stub.control(hold=True)
    return stub, job


def test_verdicts_are_out_as_they_are_decided(service, world):
    """A few hundred bytes fill no buffer."""
    stub, job = half_way(service, world)
    followers = [service.command("results", job, "--follow", "--brief", *more)
                 for more in ([], ["--unordered"])]
    for running in followers:
        running.wait_until(lambda r=running: r._out.read_text().startswith("{"))
    assert service.status(job)["state"] == "running"
    stub.control(hold=False)
    for running in followers:
        run = running.wait()
        assert run.rc == 0 and run.stderr == "" and run.stdout.count("\n") == 40, run


def test_open_items_are_told(service, world):
    stub, job = half_way(service, world)
    service.assize("pause", job)
    stub.control(hold=False)
    for more in ([], ["-o", "part.jsonl"]):
        run = service.assize("results", job, "--brief", *more)
        text = world.path("part.jsonl").read_text() if more else run.stdout
        n = text.count("\n")
        assert run.rc == 75 and 0 < n < 40, run
        assert f"job {job} is paused; " in run.stderr and "/40 items have ended\n" in run.stderr
        assert (f"{40 - n} open items were passed over, the first at position {n}; "
                f"--from {n} comes back to it\n") in run.stderr
    run = service.assize("results", job, "--brief", "--unordered")
    decided = run.stdout.count("\n")
    assert run.rc == 75 and f"--unordered --from {decided + 1} goes on" in run.stderr, run
    service.assize("resume", job)
    run, verdicts = service.verdicts(job, "--from", str(n))
    assert run.rc == 0 and [v["id"] for v in verdicts] == [f"q{i}" for i in range(n, 40)]


def test_a_job_that_is_submitted_again_says_how_it_stands(service):
    job = service.submit(OVERLAP, overlap_items(5))
    run = service.assize("submit", "panel.yaml", "items.jsonl")
    assert "was submitted before, and is " in run.stderr and f"watch {job}" in run.stderr, run
    service.assize("cancel", job)
    run = service.assize("submit", "panel.yaml", "items.jsonl")
    assert (run.rc, run.stdout) == (0, f"{job}\n")
    assert run.stderr == (f"assize: job {job}: the same was submitted before, and is cancelled "
                          "(--again makes a new one)\n")
    run = service.assize("watch", job)
    assert run.rc == 65 and f"job {job} is cancelled; 5 items have no verdict" in run.stderr, run


def test_repeated_lines_are_not_bad_ones(service, world):
    service.worker()
    items = overlap_items(5)
    panel = world.write("panel.yaml", OVERLAP)
    run = service.assize("submit", panel, world.write("items.jsonl", items + items[:2]))
    assert "job 1: 5 items, 2 lines that repeat an earlier item;" in run.stderr, run
    assert service.assize("watch", "1").rc == 0
    world.path("items.jsonl").write_text(json.dumps(items[0]) + "\n{\n")
    run = service.assize("submit", panel, "items.jsonl")
    assert run.stdout == "2\n" and "1 item, 1 bad line;" in run.stderr, run
    for run in (service.assize("watch", "2"), service.verdicts("2")[0]):
        assert run.rc == 65 and "job 2 is done; 1 line was bad" in run.stderr, run


def test_prune_wants_a_unit_and_counts(service):
    service.worker()
    for n in (3, 4):
        service.assize("watch", service.submit(OVERLAP, overlap_items(n)))
    run = service.assize("prune", "--older-than", "0")
    assert run.rc == 64 and "a number and a unit" in run.stderr, run
    run = service.assize("prune", "--older-than", "0s")
    assert (run.rc, run.stderr) == (0, "assize: 2 jobs were removed\n")
    assert service.assize("jobs", "--json").stdout == ""
