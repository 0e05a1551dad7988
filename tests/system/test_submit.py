"""Jobs over a socket: submitted, watched and fetched, over broken connections and
dead clients; the same command is the same job."""

import gzip
import json
import os
import signal
import subprocess
import time

import pytest

from conftest import BUILD, DEADLINE_S
from panels import OVERLAP, chat_pair, overlap_items, pair_items
from services import Service


@pytest.fixture
def service(world):
    s = Service(world)
    yield s
    s.close()


def ids(verdicts):
    return [v["id"] for v in verdicts]


def test_a_job_from_end_to_end(service):
    service.worker()
    items = overlap_items(500)
    run = service.assize("submit", service.world.write("panel.yaml", OVERLAP),
                         service.world.write("items.jsonl", items))
    assert run.rc == 0 and run.stdout == "1\n", run
    assert run.stderr == "assize: job 1: 500 items; follow it with: assize watch 1\n"
    watch = service.assize("watch", "1")
    assert watch.rc == 0 and "job 1 is done" in watch.stderr, watch
    run, verdicts = service.verdicts("1")
    assert run.rc == 0 and ids(verdicts) == [i["id"] for i in items]
    assert [v["score"] for v in verdicts[:4]] == [0, 1, 0, 1]
    assert "ballots" in verdicts[0]
    status = service.status("1")
    assert (status["state"], status["items"], status["decided"]) == ("done", 500, 500)
    assert status["name"] == "items.panel"


def test_results_are_those_of_a_run(service, world):
    service.worker()
    items = overlap_items(50)
    job = service.submit(OVERLAP, items)
    done = service.assize("results", job, "--follow", "-o", "out.jsonl")
    assert done.rc == 0 and done.stdout == "", done
    alone = world.run(OVERLAP, items)
    assert world.path("out.jsonl").read_text() == (alone.job / "verdicts.jsonl").read_text()
    brief = service.assize("results", job, "--brief", "--from", "48")
    assert ids(map(json.loads, brief.stdout.splitlines())) == ["q48", "q49"]
    assert "ballots" not in brief.stdout


def test_the_same_is_the_same_job(service, world):
    items = overlap_items(20)
    first = service.submit(OVERLAP, items)
    assert service.submit(OVERLAP, items) == first
    packed = world.path("packed.gz")
    packed.write_bytes(gzip.compress(world.path("items.jsonl").read_bytes()))
    assert service.submit(OVERLAP, packed) == first
    said = service.assize("submit", "panel.yaml", "items.jsonl")
    assert "the same was submitted before" in said.stderr
    others = [service.submit(OVERLAP, items, "--again"),
              service.submit(OVERLAP, items[:19]),
              service.submit(OVERLAP.replace("How near", "How close"), items),
              service.submit(OVERLAP, items, "--key", "mine")]
    assert len({first, *others}) == 5
    assert service.submit(OVERLAP, items, "--key", "mine") == others[-1]
    changed = world.write("other.yaml", OVERLAP.replace("How near", "How close"))
    refused = service.assize("submit", changed, "items.jsonl", "--key", "mine")
    assert refused.rc == 78 and f"job {others[-1]}" in refused.stderr, refused


def test_bad_lines_are_told(service, world):
    service.worker()
    lines = [json.dumps(i) for i in overlap_items(30)]
    lines[3] = "{"
    lines[7] = "[1]"
    world.path("items.jsonl").write_text("\n".join(lines) + "\n")
    run = service.assize("submit", world.write("panel.yaml", OVERLAP), "items.jsonl")
    assert run.rc == 0 and run.stdout == "1\n"
    assert "items.jsonl: line 4: not JSON" in run.stderr, run
    assert "line 8: " in run.stderr and "28 items, 2 bad lines" in run.stderr
    assert service.assize("watch", "1").rc == 65
    run, verdicts = service.verdicts("1")
    assert run.rc == 65 and len(verdicts) == 28


def test_items_from_a_pipe(service, world):
    service.worker()
    world.write("panel.yaml", OVERLAP)
    text = world.write("items.jsonl", overlap_items(40)).read_text()
    jobs = []
    for _ in range(2):
        running = service.command("submit", "panel.yaml", "-", stdin=subprocess.PIPE)
        running.process.communicate(text.encode(), timeout=DEADLINE_S)
        jobs.append(running.wait().stdout.strip())
    assert len(set(jobs)) == 2, "each is a job of its own"
    assert len(service.verdicts(jobs[0])[1]) == 40


def test_gold_is_joined_here(service, world):
    service.worker()
    world.write("gold.jsonl", [{"id": f"q{i}", "gold": i % 2} for i in range(10)])
    job = service.submit(OVERLAP, overlap_items(10), "--gold", "gold.jsonl")
    assert job != service.submit(OVERLAP, overlap_items(10)), "gold makes another job"
    service.assize("watch", job)
    summary = json.loads((world.path("state") / "jobs" / job / "summary.json").read_text())
    assert summary["panel"]["n"] == 10


def test_a_backend_that_only_workers_know(service, world):
    panel = "question: {kind: pair}\njudges: [{backend: gpu, model: m, orders: one}]\n"
    service.worker("other")
    job = service.submit(panel, pair_items(4))
    trouble = service.status(job)["trouble"]
    assert any("gpu" in t for t in trouble), trouble
    stub = world.stub(votes="A")
    service.worker(backends=[{"name": "gpu", "kind": "openai", "url": stub.url}])
    run, verdicts = service.verdicts(job)
    assert run.rc == 0 and [v["label"] for v in verdicts] == ["A"] * 4


def test_nothing_secret_leaves(service, world):
    stub = world.stub(votes="A")
    panel = chat_pair(stub).replace("kind: openai,", 'kind: openai, key: "env:STUB_KEY",')
    job = service.submit(panel, pair_items(2))
    kept = (world.path("state") / "jobs" / job / "panel.yaml").read_text()
    assert "STUB_KEY" not in kept and stub.url not in kept


def test_the_coordinator_dies_while_it_receives(service, world):
    """The client goes on by itself; every item is there once."""
    service.worker()
    items = [{**i, "context": "x" * 2000} for i in overlap_items(4000)]
    panel, file = world.write("panel.yaml", OVERLAP), world.write("items.jsonl", items)
    running = service.command("submit", panel, file)
    running.wait_until(lambda: list(world.path("state").glob("jobs/1/state.db")))
    service.coordinator.kill9()
    service.coordinator.start()
    run = running.wait()
    assert run.rc == 0, run
    assert service.assize("watch", run.stdout.strip()).rc == 0
    _, verdicts = service.verdicts(run.stdout.strip(), "--brief")
    assert ids(verdicts) == [i["id"] for i in items]


def test_the_client_dies_while_it_submits(service, world):
    items = [{**i, "context": "x" * 2000} for i in overlap_items(4000)]
    panel, file = world.write("panel.yaml", OVERLAP), world.write("items.jsonl", items)
    running = service.command("submit", panel, file)
    running.wait_until(lambda: list(world.path("state").glob("jobs/1/state.db")))
    running.kill9()
    assert service.submit(panel, file) == "1"
    service.worker()
    _, verdicts = service.verdicts("1", "--brief")
    assert ids(verdicts) == [i["id"] for i in items]


def test_results_over_a_restart(service, world):
    """What a reader was given it is not given again."""
    stub = world.stub(votes="A", delay=20)
    service.worker(stub=stub)
    job = service.submit(chat_pair(stub), pair_items(300))
    running = service.command("results", job, "--follow")
    stub.wait(requests=100)
    service.coordinator.kill9()
    service.coordinator.start()
    run = running.wait()
    assert run.rc == 0, run
    assert ids(map(json.loads, run.stdout.splitlines())) == [f"q{i}" for i in range(300)]


def test_results_that_are_interrupted(service, world):
    """Nothing is left of a file that was not finished."""
    stub = world.stub(votes="A", hold=True)
    service.worker(stub=stub)
    job = service.submit(chat_pair(stub), pair_items(5))
    running = service.command("results", job, "--follow", "-o", "out.jsonl")
    running.wait_until(lambda: list(world.folder.glob("out.jsonl*")))
    running.interrupt()
    assert running.wait().rc == 130
    assert not list(world.folder.glob("out.jsonl*"))


def test_unordered_has_all(service, world):
    stub = world.stub(votes="A", delay=5)
    service.worker(stub=stub)
    job = service.submit(chat_pair(stub), pair_items(100))
    _, verdicts = service.verdicts(job, "--unordered")
    assert sorted(ids(verdicts)) == sorted(f"q{i}" for i in range(100))


def test_control(service, world):
    stub = world.stub(votes="A", delay=50)
    service.worker(stub=stub)
    job = service.submit(chat_pair(stub), pair_items(2000))
    stub.wait(requests=10)
    assert service.assize("pause", job).rc == 0
    assert service.status(job)["state"] == "paused"
    assert service.assize("results", job, "-o", "part.jsonl").rc == 75
    assert service.assize("set", job, "priority=500").rc == 0
    assert service.status(job)["priority"] == 500
    assert service.assize("resume", job).rc == 0
    assert service.status(job)["state"] in ("waiting", "running")
    assert service.assize("cancel", job).rc == 0
    assert service.status(job)["state"] == "cancelled"
    assert service.assize("watch", job).rc == 65
    refused = service.assize("resume", job)
    assert refused.rc == 78 and "cancelled" in refused.stderr, refused
    assert service.assize("prune", "--older-than", "0s").rc == 0
    assert service.assize("status", job).rc == 66


def test_lists(service, world):
    service.worker()
    job = service.submit(OVERLAP, overlap_items(5), "--name", "nightly \x1b[31m")
    service.assize("watch", job)
    table = service.assize("jobs")
    assert "nightly ?[31m" in table.stdout and "done" in table.stdout, table
    [row] = map(json.loads, service.assize("jobs", "--json").stdout.splitlines())
    assert (row["job"], row["decided"]) == (int(job), 5)
    [worker] = map(json.loads, service.assize("workers", "--json").stdout.splitlines())
    assert worker["name"] == "w1" and worker["backends"][0]["name"] == "lexical"
    assert "lexical" in service.assize("workers").stdout


def test_by_keys(world):
    service = Service(world, keys=True)
    service.worker()
    job = service.submit(OVERLAP, overlap_items(20))
    run, verdicts = service.verdicts(job)
    assert run.rc == 0 and len(verdicts) == 20
    assert service.status(job)["owner"] == "client"
    named = world.assize("jobs", "--to", service.clients, "--keys", "keys/client.secret")
    assert named.rc == 0 and "done" in named.stdout, named
    for keys, why in (("keys/gpu.secret", "is for work"), ("none", "client.secret")):
        run = world.assize("jobs", "--to", service.clients, "--keys", keys)
        assert run.rc == 78 and why in run.stderr, run
    world.assize("keygen", "others")
    (world.path("others") / "server.public").write_text(
        (world.path("keys") / "server.public").read_text())
    run = world.assize("jobs", "--to", service.clients, "--keys", "others")
    assert run.rc == 78 and "does not let this key" in run.stderr, run
    service.close()


def test_without_a_coordinator(world):
    for args in (("jobs",), ("submit", "p.yaml", "i.jsonl"), ("results", "1")):
        run = world.assize(*args)
        assert run.rc == 64 and "ASSIZE_ENDPOINT" in run.stderr, run
    run = world.assize("jobs", "--to", f"ipc://{world.path('nobody')}")
    assert run.rc == 69 and "is the coordinator running there?" in run.stderr, run


def test_unknown_jobs(service):
    for command in ("status", "watch", "results", "cancel"):
        run = service.assize(command, "99")
        assert run.rc == 66 and "99" in run.stderr, run
    assert service.assize("status", "x").rc == 64


def test_set_a_backend(service):
    """By its name after 'backend', or by the option."""
    service.worker()
    for words in (["backend", "lexical"], ["--backend", "lexical"]):
        run = service.assize("set", *words, "slots=32")
        assert (run.rc, run.stderr) == (0, "assize: 1 worker was told\n")
    for words in (["backend"], ["backend", "lexical"], ["7"], []):
        run = service.assize("set", *words)
        assert run.rc == 64
        assert "and KEY=VALUE" in run.stderr
    assert "a backend's name" in service.assize("set", "backend").stderr


def test_a_set_backend_stays_so(service):
    """Also when its worker comes again; it is told before it is asked anything."""
    worker = service.worker()
    assert service.assize("set", "backend", "lexical", "slots=32").rc == 0
    assert worker.term() == 0
    worker.start()
    job = service.submit(OVERLAP, overlap_items(5))
    assert service.assize("watch", job).rc == 0
    assert '"slots":32' in service.assize("workers", "--json").stdout.replace(" ", "")


@pytest.mark.parametrize("coordinator", ["there", "gone"])
def test_results_are_interrupted(service, world, coordinator):
    """At once, whether somebody answers or not, and without half a file."""
    job = service.submit(OVERLAP, overlap_items(5))  # no worker: it does not end
    if coordinator == "gone":
        service.coordinator.kill9()
    before = set(os.listdir(world.folder))
    running = service.command("results", job, "--follow", "-o", "out.jsonl")

    def waits():  # it keeps SIGINT to itself
        status = open(f"/proc/{running.process.pid}/status").read()
        return int(status.split("SigBlk:")[1].split()[0], 16) & 1 << (signal.SIGINT - 1)

    running.wait_until(waits)
    running.interrupt()
    began = time.monotonic()
    assert running.wait().rc == 130
    assert time.monotonic() - began < 5  # and not after the time for a hello
    assert all(".std" in name for name in set(os.listdir(world.folder)) - before)


def test_patience_without_end(service):
    assert service.submit(OVERLAP, overlap_items(2000), "--timeout", str(2**63 - 1)) == "1"
