"""Workers that fall silent, share a name, answer garbage or say too much: what they
held is asked elsewhere, and every item ends with one verdict."""

import resource

import pytest

pytest.importorskip("zmq")

from chat import backend, pairs, panel  # noqa: E402
from test_crash import asked  # noqa: E402
from test_protocol import Client, Peer  # noqa: E402


def holds(name):
    """For until_workers(): the worker of this name was sent something."""
    return lambda workers: any(w["name"] == name and w["backends"][0]["held"] for w in workers)


def complete(job, n, judges=1):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]
    assert len(job.stored()) == n * judges == sum(len(row["ballots"]) for row in rows)


def test_stopped_for_longer_than_its_lease(lab, world):
    """Then it wakes, its answers come too late, it begins no other call, and it goes on."""
    stub = world.stub(hold=True)
    coordinator = lab.coordinator(silence_ms=1000)
    sleepy, other = (lab.worker(name, [backend(stub, slots=4)]) for name in ("sleepy", "other"))
    client = lab.client()
    job = client.submit(panel([]), pairs(100))
    client.until_workers(holds("sleepy"))
    stub.wait(in_flight=8)
    sleepy.stop()
    coordinator.said("worker went silent")
    assert [w["silent"] for w in client.workers() if w["name"] == "sleepy"] == [True]
    stub.control(hold=False)
    complete(job, 100)
    sleepy.cont()
    client.until_workers(lambda workers: not any(w["silent"] for w in workers))
    assert sum(n - 1 for n in asked(stub).values()) == 4, "more than what was under way"
    other.term()
    job = client.submit(panel([]), pairs(20), "--again")
    complete(job, 20)


def test_it_wakes_before_the_others_answer(lab, world):
    """Asked twice, answered twice, kept once; the first answer stays."""
    stub = world.stub(hold=True)
    coordinator = lab.coordinator(silence_ms=1000)
    sleepy = lab.worker("sleepy", [backend(stub, slots=4)])
    client = lab.client()
    job = client.submit(panel([]), pairs(4))
    stub.wait(in_flight=4)
    sleepy.stop()
    lab.worker("other", [backend(stub, slots=4)])
    coordinator.said("worker went silent")
    stub.wait(in_flight=8)
    sleepy.cont()
    stub.control(hold=False)
    complete(job, 4)
    assert set(asked(stub).values()) == {2}


def test_two_with_one_name(lab, world):
    """They are two, and one of them may die."""
    stub = world.stub(delay=10)
    lab.coordinator(silence_ms=1000)
    lab.worker("twin", [backend(stub, slots=4)])
    other = lab.worker("other", [backend(stub, slots=4)], start=False)
    other.settings["name"] = "twin"
    other.start()
    client = lab.client()
    client.until_workers(lambda workers: [w["name"] for w in workers] == ["twin", "twin"])
    job = client.submit(panel([], 2), pairs(200))
    client.until_workers(lambda workers: all(w["ballots"] for w in workers))
    other.kill9()
    complete(job, 200, judges=2)
    assert stub.counts()["asked_again"] <= 8


class Garbled(Peer):
    """Takes questions, and answers each as it is told to."""

    def __init__(self, endpoint, credit):
        super().__init__(endpoint)
        assert self.hello()[0] == "welcome"
        self.seq, self.credit = 1, credit
        self.announce(credit)

    def next(self, **body):
        self.seq += 1
        self.say(self.seq, **body)

    def announce(self, credit):
        self.next(announce={"backends": [{"name": "api", "kind": "openai", "credit": credit}]})

    def questions(self):
        while True:
            kind, body, _ = self.hear()
            assert kind != "refuse", body
            if kind == "questions":
                return body.questions


def test_announces_ever_more_names(lab, world):
    """It is told once, its question goes elsewhere, and the coordinator goes on."""
    stub = world.stub()
    lab.coordinator()
    client = lab.client()
    job = client.submit(panel([]), pairs(20))
    peer = Garbled(lab.coordinators[0].workers, 4)
    assert peer.questions()
    for i in range(10):
        peer.next(announce={"backends": [{"name": f"b{i}.{n}", "kind": "openai", "credit": 1}
                                         for n in range(100)]})
    while (heard := peer.hear())[0] != "refuse":
        pass
    assert heard[1].what == "more than 1000 backends in one session" and not heard[1].again
    lab.worker("honest", [backend(stub)])
    complete(job, 20)
    assert [w["name"] for w in client.workers()] == ["honest"]
    peer.socket.close()


def ballot(question, **more):
    return {"panel": question.panel, "ballot": {"key": question.key, **more}}


def wrong_label(q):
    return [ballot(q, label=77)]


def wrong_key(q):
    answer = ballot(q, label=0)
    answer["ballot"] = {"key": {"item": q.key.item + 100000, "round": 1, "judge": 0}, "label": 0}
    return [answer]


def wrong_judge(q):
    return [{"panel": q.panel, "ballot": {"key": {"item": q.key.item, "round": 1, "judge": 200}}}]


def wrong_panel(q):
    return [{**ballot(q, label=0), "panel": q.panel + 7}]


def no_number(q):
    return [ballot(q, label=0, score=float("nan"))]


def twice(q):
    return [ballot(q, label=0), ballot(q, label=1)]


@pytest.mark.parametrize("garbage", [wrong_label, wrong_key, wrong_judge, wrong_panel, no_number,
                                     twice], ids=lambda garbage: garbage.__name__)
def test_answers_garbage(lab, world, garbage):
    """Whatever becomes of its session: no item is lost, and none has two verdicts."""
    stub = world.stub(votes="A")
    lab.coordinator(silence_ms=1000)
    client = lab.client()
    job = client.submit(panel([]), pairs(20))
    peer = Garbled(lab.coordinators[0].workers, 4)
    for question in peer.questions():
        peer.next(answers={"answers": garbage(question)})
    lab.worker("honest", [backend(stub)])
    peer.socket.close()
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(20)]
    assert {row["status"] for row in rows} == {"decided"}
    assert {row["label"] for row in rows} == {"A"}


def test_ten_thousand_messages_then_silence(lab, world):
    """All are read, with nobody else to wake the coordinator."""
    lab.coordinator()
    client = lab.client()
    peer = Garbled(lab.coordinators[0].workers, 0)
    for _ in range(10_000):
        peer.announce(1)
    client.until_workers(lambda workers: workers[0]["backends"][0]["credit"] == 10_000)


@pytest.fixture
def descriptors():
    """Of this process, as many as may be."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield limits[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_thousand_idle_clients(lab, world, descriptors):
    """With the limit of descriptors that a login has."""
    import zmq

    n = 1000
    if descriptors < 4 * n:
        pytest.skip(f"{descriptors} descriptors are too few for {n} clients")
    zmq.Context.instance().max_sockets = 4 * n
    stub = world.stub()
    lab.coordinator(limits=(resource.RLIMIT_NOFILE, (1024, descriptors)))
    lab.worker("w0", [backend(stub)])
    idle = [Client(lab.coordinators[0].clients) for _ in range(n)]
    complete(lab.client().submit(panel([]), pairs(50)), 50)
    for i, client in enumerate(idle):
        client.ask(list={"request": i})
    for client in idle:
        assert client.answer()[0] == "jobs"
    for client in idle:
        client.socket.close()


@pytest.mark.parametrize("items", [1, 60])
def test_a_model_server_that_is_off(lab, world, items):
    """The job waits, and says for what; when the server is there, all is decided. One
    item alone does not use up its attempts before anybody knows."""
    stub = world.stub()
    stub.stop()
    lab.coordinator()
    worker = lab.worker("w", [backend(stub, slots=8)])
    client = lab.client()
    job = client.submit(panel([]), pairs(items))
    assert "why=" in worker.said("a backend is down")
    client.until_workers(lambda workers: workers[0]["backends"][0]["state"].startswith("down: "))
    assert f"{items} waiting for a worker" in client.ok("status", job.id).stdout
    assert job.info()["decided"] == job.info()["abstained"] == 0
    world.stub(port=stub.port)
    worker.said("a backend answers again")
    complete(job, items)
    assert job.info()["decided"] == items
    assert sum("a backend is down" in line for line in worker.lines) == 1
