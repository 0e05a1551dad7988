"""A coordinator that dies, stops and goes on: nothing is lost, no ballot that was
stored is asked again, and no limit is passed."""

import random

import pytest

from chat import backend, judge, pairs, panel
from services import Service
from test_crash import asked, plain, stored

PRICED = {"usd_per_mtok": {"input": 2.0, "output": 10.0}}
BILLS = {"usd_in": 2, "usd_out": 10}
ITEMS = 100


@pytest.fixture
def service(world):
    s = Service(world)
    yield s
    s.close()


def judged_by(stub, prefix, n=3, limits=None, **more):
    judges = [judge(f"{prefix}{i}", backend="stub", max_tokens=200, **more) for i in range(n)]
    return panel(backend(stub, name="stub"), judges, limits)


def nusd(usd):
    return round(usd * 1e9)


def job_dir(world, job):
    return world.path("state") / "jobs" / job


def submit_three(service, world, stub, items):
    """The same items under three panels, as jobs 1, 2, 3."""
    for prefix in "abc":
        file = world.write(f"{prefix}.yaml", judged_by(stub, prefix))
        assert service.submit(file, items) in "123"


@pytest.mark.parametrize("kills", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_kill_loop(service, world, kills):
    """Three jobs at once; the worker lives on and comes back each time."""
    rng = random.Random(kills)
    items = pairs(ITEMS)
    quiet, stub = world.stub(), world.stub(delay="uniform:2:10")
    undisturbed = world.run(judged_by(quiet, "b"), items, "--job", "undisturbed")
    assert undisturbed.rc == 0, undisturbed
    service.worker(stub=stub)
    submit_three(service, world, stub, items)
    for kill in range(kills):
        kept = {(item, name) for job in "123" for item, name, _ in stored(job_dir(world, job))}
        before = asked(stub)
        stub.wait(requests=min(sum(before.values()) + rng.randrange(1, 9 * ITEMS // kills),
                               9 * ITEMS))
        service.coordinator.kill9()
        service.coordinator.start()
        again = {q for q, n in asked(stub).items() if q in kept and n > before.get(q, 0)}
        assert not again, f"kill {kill}: stored and asked again: {again}"
    for job in "123":
        assert service.assize("watch", job).rc == 0
        assert len(stored(job_dir(world, job))) == 3 * ITEMS
    _, verdicts = service.verdicts("2")
    assert plain(verdicts) == plain(undisturbed.verdicts())


def test_stopped_and_started(service, world):
    """Calls under way are waited for: not one is made twice."""
    stub = world.stub(delay="uniform:2:10")
    service.worker(stub=stub)
    submit_three(service, world, stub, pairs(ITEMS))
    for requests in (100, 300, 500):
        stub.wait(requests=requests)
        assert service.coordinator.term() == 0
        service.coordinator.start()
    for job in "123":
        assert service.assize("watch", job).rc == 0
        assert len(stored(job_dir(world, job))) == 3 * ITEMS
    counts = stub.counts()
    assert (counts["requests"], counts["asked_again"]) == (9 * ITEMS, 0)


def test_paused_and_resumed(service, world):
    stub = world.stub(delay=50)
    service.worker(backends=[backend(stub, name="stub", slots=8)])
    job = service.submit(judged_by(stub, "a"), pairs(ITEMS))
    for requests in (50, 100, 150):
        stub.wait(requests=requests)
        assert service.assize("pause", job).rc == 0
        assert service.status(job)["state"] == "paused"
        assert service.assize("resume", job).rc == 0
    assert service.assize("watch", job).rc == 0
    assert stub.counts()["asked_again"] == 0


def test_a_spent_budget_and_a_raised_one(service, world):
    stub = world.stub(usage="worst", **BILLS)
    service.worker(stub=stub)
    job = service.submit(judged_by(stub, "a", 2, {"usd": 0.2}, **PRICED), pairs(200))
    assert service.assize("watch", job).rc == 75
    status = service.status(job)
    assert status["state"] == "stopped" and "limits.usd is spent" in status["why"]
    assert 0 < stub.counts()["billed"]["nusd"] <= nusd(0.2)
    assert service.assize("set", job, "limits.usd=20").rc == 0
    assert service.assize("watch", job).rc == 0
    assert service.status(job)["decided"] == 200
    assert stub.counts()["asked_again"] == 0


def test_a_limit_through_kills(service, world):
    """What was under way, and may have been paid for, counts at its worst."""
    stub = world.stub(usage="worst", delay="uniform:1:5", **BILLS)
    service.worker(stub=stub)
    job = service.submit(judged_by(stub, "a", 2, {"usd": 2}, **PRICED), pairs(400))
    for requests in (30, 60, 90, 120):
        stub.wait(requests=requests)
        service.coordinator.kill9()
        service.coordinator.start()
    assert service.assize("watch", job).rc == 75
    assert nusd(0.6) < stub.counts()["billed"]["nusd"] <= nusd(2)


def test_a_raised_limit_holds_after_a_kill(service, world):
    stub = world.stub(usage="worst", delay=20, **BILLS)
    service.worker(stub=stub)
    job = service.submit(judged_by(stub, "a", 1, {"usd": 0.01}, **PRICED), pairs(50))
    assert service.assize("watch", job).rc == 75
    assert service.assize("set", job, "limits.usd=20").rc == 0
    service.coordinator.kill9()
    service.coordinator.start()
    assert service.assize("watch", job).rc == 0
    assert service.status(job)["decided"] == 50
    log = "\n".join(service.coordinator.lines)
    assert "key=limits.usd value=20" in log


def test_a_reader_that_takes_nothing(service, world):
    """It holds up no job and no WAL, and reads on where it was."""
    service.worker()
    overlap = "question: {kind: pair}\njudges: [lexical/words]\n"
    items = [{**item, "context": "x" * 2000} for item in pairs(5000)]
    job = service.submit(overlap, items)
    reader = service.command("results", job, "--follow", "--unordered")
    reader.stop()
    assert service.assize("watch", job).rc == 0
    wal = job_dir(world, job) / "state.db-wal"
    assert not wal.exists() or wal.stat().st_size < 32 << 20
    reader.cont()
    run = reader.wait()
    assert run.rc == 0 and len(run.stdout.splitlines()) == 5000


def test_a_job_is_a_directory(service, world):
    """As `assize run` keeps one: other commands read it."""
    service.worker()
    job = service.submit("question: {kind: pair}\njudges: [lexical/words]\n", pairs(5))
    _, verdicts = service.verdicts(job)
    folder = job_dir(world, job)
    while not (folder / "summary.json").exists():
        service.status(job)  # written after the end
    assert (folder / "verdicts.jsonl").read_text().count("\n") == 5
    shown = world.assize("show", folder, "q3")
    assert shown.rc == 0 and "q3" in shown.stdout, shown
    assert verdicts[3]["id"] == "q3"


def test_resume_tries_a_backend_that_refused(service, world):
    """A key that was mended: neither the worker nor the coordinator need be told."""
    stub = world.stub(votes="A", fault="401")
    service.worker(stub=stub)
    job = service.submit(judged_by(stub, "a"), pairs(20))
    assert service.assize("watch", job).rc == 75
    assert "Incorrect API key" in service.status(job)["why"]
    refused = stub.counts()["requests"]

    assert service.assize("resume", job).rc == 0  # refused again: stopped again
    assert service.assize("watch", job).rc == 75
    assert stub.counts()["requests"] > refused

    stub.control(fault="")
    other = service.submit(world.write("b.yaml", judged_by(stub, "b")), pairs(20))
    assert service.assize("watch", other).rc == 0
    assert service.assize("resume", job).rc == 0
    assert service.assize("watch", job).rc == 0
    status = service.status(job)
    assert status["decided"] == 20 and status["trouble"] == []
    assert [j["ballots"] for j in status["judges"]] == [20, 20, 20]  # of a job that has ended


def test_how_right_judges_look_while_a_job_runs(service, world):
    """For whoever looks; a job that has ended has its summary."""
    stub = world.stub(delay=30, votes=["A@a0", "A@a1", "A@a2", "B@a3"])
    service.worker(backends=[backend(stub, name="stub", slots=8)])
    job = service.submit(judged_by(stub, "a", 4), pairs(ITEMS))
    watch = service.command("watch", job)

    def rights():
        return [j["right"] for j in service.status(job)["judges"]]

    watch.wait_until(lambda: all(right is not None for right in rights()))
    stub.control(hold=True)
    assert min(rights()[:3]) > 0.8 > 0.5 > rights()[3]
    stub.control(hold=False)
    assert watch.wait().rc == 0
    assert rights() == [None] * 4
