"""The network between coordinator, workers and clients: cut and healed, slow, lossy,
and half-open. Every item ends with one verdict."""

import socket

import pytest

from chat import backend, pairs, panel
from netns import network


def complete(job, n, judges=1):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]
    assert len(job.stored()) == n * judges == sum(len(row["ballots"]) for row in rows)


def test_a_cut_between_hosts(lab, world):
    """One coordinator, three workers, one client, each on a host; first a worker is
    cut off and healed, then the coordinator from everybody."""
    net = network(lab)
    stub = world.stub(delay=20)
    judge = {**backend(stub, slots=4), "url": net.judges(stub)}
    hub = net.host("hub")
    coordinator = lab.coordinator("names", host=hub, silence_ms=1000)
    hosts = [net.host(f"w{i}") for i in range(3)]
    workers = [lab.worker(f"w{i}", [judge], host=host) for i, host in enumerate(hosts)]
    client = lab.client(host=net.host("client"))
    job = client.submit(panel([], 3), pairs(400))
    following = client.start("results", job.id, "--follow")
    stub.wait(requests=60)
    hosts[0].cut()
    coordinator.said("worker went silent, asking elsewhere: worker=w0")
    mark = coordinator.mark()
    hosts[0].heal()
    coordinator.said("worker=w0", mark)  # heard again in its session, or in a new one
    stub.wait(requests=300)
    mark, marks = coordinator.mark(), [worker.mark() for worker in workers]
    hub.cut()
    for name, worker, at in zip(("w1", "w2"), workers[1:], marks[1:]):
        coordinator.said(f"worker went silent, asking elsewhere: worker={name}", mark)
        worker.said("the session with the coordinator ended", at)
    hub.heal()
    complete(job, 400, judges=3)
    run = following.wait()
    assert run.rc == 0 and run.stdout.count("\n") == 400, run


WEATHERS = {
    "slow": ["delay", "40ms", "30ms"],
    "lossy": ["loss", "5%"],
    "jumbled": ["delay", "20ms", "reorder", "25%", "duplicate", "5%", "corrupt", "1%"],
}


@pytest.mark.parametrize("weather", WEATHERS)
def test_weather_between_hosts(lab, world, weather):
    """The kernel's own, on all lines: TCP makes delay of it, and delay costs no answer."""
    net = network(lab)
    stub = world.stub(delay=5)
    judge = {**backend(stub, slots=8), "url": net.judges(stub)}
    hosts = [net.host(name) for name in ("hub", "w0", "w1", "client")]
    for host in hosts:
        host.impair(*WEATHERS[weather])
    lab.coordinator("names", host=hosts[0], silence_ms=5000)
    for name, host in zip(("w0", "w1"), hosts[1:3]):
        lab.worker(name, [judge], host=host)
    job = lab.client(host=hosts[3]).submit(panel([], 2), pairs(60))
    complete(job, 60, judges=2)
    assert stub.counts()["asked_again"] == 0


@pytest.mark.parametrize("trust", ["names", "keys"])
def test_loss_and_delay(lab, world, trust):
    """A slow and lossy line to a worker, and another to a client: all goes on."""
    stub = world.stub(delay=5)
    coordinator = lab.coordinator(trust, silence_ms=2000)
    to_workers, to_clients = lab.proxy(coordinator.workers), lab.proxy(coordinator.clients)
    for proxy in (to_workers, to_clients):
        proxy.slow(5, 60, loss=0.05)
    lab.worker("far", [backend(stub, slots=8)], to=to_workers.endpoint)
    job = lab.client(to=to_clients.endpoint).submit(panel([], 2), pairs(60))
    complete(job, 60, judges=2)
    assert stub.counts()["asked_again"] == 0


def test_connections_that_break_again_and_again(lab, world):
    """Whatever was on its way is lost each time, answers too."""
    stub = world.stub(delay=10)
    coordinator = lab.coordinator("names", silence_ms=1000)
    proxy, clients = lab.proxy(coordinator.workers), lab.proxy(coordinator.clients)
    near = lab.worker("near", [backend(stub, slots=2)])
    far = lab.worker("far", [backend(stub, slots=8)], to=proxy.endpoint)
    client = lab.client(to=clients.endpoint)
    job = client.submit(panel([], 2), pairs(300))
    following = client.start("results", job.id, "--follow")
    for requests in (60, 120, 180):
        stub.wait(requests=requests)
        mark = far.mark()
        proxy.reset()
        clients.reset()
        far.said("the session with the coordinator ended", mark)
        far.reload()
        far.said("connected", mark)
    complete(job, 300, judges=2)
    run = following.wait()
    assert run.rc == 0 and run.stdout.count("\n") == 300, run
    assert near.running() and far.running()


def test_a_half_open_connection(lab, world):
    """Neither side is told that the other can't hear it any more: silence is. What
    was held is asked elsewhere, and what arrives late changes nothing."""
    stub = world.stub(hold=True)
    coordinator = lab.coordinator("names", silence_ms=1000)
    proxy = lab.proxy(coordinator.workers)
    far = lab.worker("far", [backend(stub, slots=4)], to=proxy.endpoint)
    client = lab.client()
    job = client.submit(panel([]), pairs(40))
    stub.wait(in_flight=4)
    mark = far.mark()
    proxy.silence()
    coordinator.said("worker went silent, asking elsewhere: worker=far")
    far.said("the session with the coordinator ended", mark)
    lab.worker("near", [backend(stub, slots=4)])
    stub.wait(in_flight=4)
    stub.control(hold=False)
    complete(job, 40)
    proxy.heal()
    far.said("connected", mark)
    client.until_workers(lambda workers: not any(w["silent"] for w in workers))
    job = client.submit(panel([]), pairs(40), "--again")
    complete(job, 40)


def test_connections_that_say_nothing(lab, world):
    """Or what is no ZeroMQ: they are in nobody's way."""
    stub = world.stub()
    coordinator = lab.coordinator("keys")
    strangers = []
    for endpoint in (coordinator.clients, coordinator.workers):
        host, port = endpoint.removeprefix("tcp://").split(":")
        for says in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, bytes(4096)):
            for _ in range(20):
                s = socket.create_connection((host, int(port)))
                s.sendall(says)
                strangers.append(s)
    lab.worker("w0", [backend(stub)])
    complete(lab.client().submit(panel([]), pairs(20)), 20)
    for s in strangers:
        s.close()


def test_a_client_that_is_cut_off_while_it_submits(lab, world):
    """It goes on where the coordinator's disk is, once it can."""
    stub = world.stub()
    coordinator = lab.coordinator("names", silence_ms=1000)
    proxy = lab.proxy(coordinator.clients)
    proxy.slow(5, 5)
    client = lab.client(to=proxy.endpoint)
    items = [{**item, "context": "x" * 2000} for item in pairs(2000)]
    running = client.start("submit", *client.files(panel([]), items))
    running.wait_until(lambda: len(proxy.passed()) > 1 << 20)
    proxy.reset()
    running.wait_until(lambda: len(proxy.passed()) > 2 << 20)
    proxy.silence()
    near = lab.client()
    assert [job["state"] for job in near.jobs()] == ["receiving"]
    proxy.heal()
    run = running.wait()
    assert run.rc == 0, run
    lab.worker("w0", [backend(stub)])
    job = near.job(run)
    assert [row["id"] for row in job.done().results("--brief")] == [i["id"] for i in items]
