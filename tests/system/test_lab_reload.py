"""SIGHUP while a job runs: configurations and principals are read again, and nobody
who stays allowed notices."""

from chat import backend, pairs, panel
from test_lab_backends import Served, child


def complete(job, n):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]


def test_the_coordinator(lab, world):
    """No connection is dropped: one session of each worker, one of who follows."""
    stub = world.stub(delay=10)
    coordinator = lab.coordinator("keys")
    client = lab.client()
    workers = [lab.worker(f"w{i}", [backend(stub, slots=4)]) for i in range(2)]
    proxy = lab.proxy(coordinator.clients)
    job = client.submit(panel([]), pairs(200))
    following = lab.client(to=proxy.endpoint).start("results", job.id, "--follow")
    following.wait_until(proxy.passed)
    at_first = proxy.connections()
    for requests in range(30, 180, 30):
        stub.wait(requests=requests)
        mark = coordinator.mark()
        coordinator.reload(jobs_open=requests)
        coordinator.said(f"settings read again: jobs_open={requests}", mark)
    stub.control(hold=True)  # before the end of the job ends the session, too
    assert proxy.connections() == at_first
    stub.control(hold=False)
    complete(job, 200)
    run = following.wait()
    assert run.rc == 0 and run.stdout.count("\n") == 200, run
    assert stub.counts()["asked_again"] == 0
    for worker in workers:
        assert sum("connected to the coordinator" in line for line in worker.lines) == 1
        assert not any("ended" in line for line in worker.lines)


def test_limits_of_a_worker(lab, world):
    """They hold at once, with the session as it is; its model server, too, is left alone."""
    stub = world.stub(delay=20)
    lab.coordinator()
    served = Served()
    worker = lab.worker("w0", [backend(stub, slots=4), served.backend(name="served")])
    worker.said("a backend's server answers")
    pid = child(worker)
    job = lab.client().submit(panel([]), pairs(200))
    for slots in (5, 6, 7):
        stub.wait(requests=stub.counts()["requests"] + 20)
        mark = worker.mark()
        worker.reload(backends=[backend(stub, slots=slots), served.backend(name="served")])
        worker.said("the configuration is read again: the session goes on", mark)
    complete(job, 200)
    counts = stub.counts()
    assert (counts["asked_again"], counts["in_flight_max"]) == (0, 7)
    assert sum("connected to the coordinator" in line for line in worker.lines) == 1
    assert child(worker) == pid


def test_all_else_of_a_worker(lab, world):
    """It leaves and comes back: calls under way end first, nothing is asked twice."""
    stub = world.stub(delay=20)
    lab.coordinator()
    worker = lab.worker("w0", [backend(stub, slots=4)])
    client = lab.client()
    job = client.submit(panel([]), pairs(200))
    for name in ("w1", "w2", "w3"):
        stub.wait(requests=stub.counts()["requests"] + 20)
        mark = worker.mark()
        worker.reload(name=name)
        worker.said(f"worker started: worker={name}", mark)
    complete(job, 200)
    assert stub.counts()["asked_again"] == 0
    assert [w["name"] for w in client.workers()] == ["w3"]


def test_who_changed_what(lab, world):
    """The log names the principal of each change."""
    stub = world.stub(hold=True)
    coordinator = lab.coordinator("keys")
    client, boss = lab.client(), lab.client("boss", "admin")
    lab.worker("w0", [backend(stub)])
    job = client.submit(panel([]), pairs(5))
    client.ok("set", job.id, "priority=7")
    coordinator.said(f"job set: job={job.id} by=client key=priority value=7")
    client.ok("pause", job.id)
    coordinator.said(f"job controlled: job={job.id} by=client verb=pause")
    boss.ok("resume", job.id)
    coordinator.said(f"job controlled: job={job.id} by=boss verb=resume")
    boss.ok("set", "backend", "api", "slots=32", "rpm=500")
    assert "by=boss" in coordinator.said("backend set: backend=api")
    stub.control(hold=False)
    complete(job, 5)
