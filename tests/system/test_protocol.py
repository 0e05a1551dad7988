"""The protocol spoken by others: python_worker.py, written from docs/protocol.md
alone, serves jobs beside C workers; and who breaks the protocol loses its own
session and nobody else's."""

import json
import re
import subprocess
import sys

import pytest

pytest.importorskip("zmq")
pytest.importorskip("yaml")

import zmq  # noqa: E402

from conftest import DEADLINE_S, ROOT  # noqa: E402
from panels import OVERLAP  # noqa: E402
from python_worker import Envelope  # noqa: E402
from services import Service, free_port  # noqa: E402

PANEL = """
question: {kind: pair}
judges:
- {name: theirs, backend: echo, model: longest}
- {name: ours, backend: lexical, model: length}
"""
ALONE = "question: {kind: pair}\njudges: [{name: theirs, backend: echo, model: longest}]\n"


def items(n):
    return [{"id": f"i{i}", "prompt": "Which?", "responses": ["a" * (i % 7), "b" * 3]}
            for i in range(n)]


def right(i):
    return "A" if i % 7 > 3 else "B" if i % 7 < 3 else "tie"


class PythonWorker:
    """The worker, and what it says."""

    def __init__(self, coordinator, **options):
        argv = [sys.executable, str(ROOT / "tests/system/python_worker.py"),
                "--coordinator", coordinator]
        for name, value in options.items():
            argv += [f"--{name.replace('_', '-')}={value}"]
        self.said = []
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        text=True)

    def until(self, text):
        """Block until it says this."""
        for line in self.process.stdout:
            self.said.append(line.strip())
            if line.startswith(text):
                return line.strip()
        raise AssertionError(f"it never said '{text}': {self.said}")

    def kill(self):
        """All that it said."""
        if self.process.poll() is None:
            self.process.kill()
            self.said += [line.strip() for line in self.process.communicate()[0].splitlines()]
        return self.said


class Peers:
    """A service, and workers and peers that are no programs of ours."""

    def __init__(self, world):
        self.world, self.service, self.others = world, None, []

    def start(self, **settings):
        self.service = Service(self.world, **settings)
        return self.service

    def python(self, **options):
        self.others.append(PythonWorker(self.service.workers, **options))
        return self.others[-1]

    def results(self, job):
        """Its verdicts, when it has ended."""
        run, verdicts = self.service.verdicts(job)
        assert run.rc == 0, run
        return verdicts

    def serve(self, panel, n):
        check(self.results(self.service.submit(panel, items(n))), n)

    def close(self):
        for other in self.others:
            other.kill()
        if self.service:
            self.service.close()


@pytest.fixture
def peers(world):
    p = Peers(world)
    yield p
    p.close()


def check(verdicts, n):
    """Every item, with each judge's ballots in the item's own frame."""
    assert [v["id"] for v in verdicts] == [f"i{i}" for i in range(n)]
    for i, verdict in enumerate(verdicts):
        theirs = [b for b in verdict["ballots"] if b["judge"] == "theirs"]
        assert sorted(b["order"] for b in theirs) == ["AB", "BA"]
        assert {(b["label"], b["how"], b.get("error")) for b in theirs} == \
            {(right(i), "python", None)}, theirs
        assert verdict["label"] == right(i)


def test_beside_c_workers(peers):
    peers.start().worker()
    python = peers.python()
    peers.serve(PANEL, 200)
    python.until("forget 1")
    said = python.kill()
    assert [line.split()[0] for line in said if not line.startswith("questions")] == \
        ["welcome", "panel", "forget"]


def test_slower_than_silence(peers):
    """Heartbeats keep a session whose answers take longer than anybody may be silent."""
    peers.start(silence_ms=1000)
    python = peers.python(delay_ms=2500)
    peers.serve(ALONE, 3)
    assert len([line for line in python.kill() if line.startswith("welcome")]) == 1


def test_recalled(peers):
    """A job that is cancelled is given back, and what it held is free for the next."""
    service = peers.start()
    python = peers.python(delay_ms=3600_000, credit=4)
    job = service.submit(ALONE, items(9))
    python.until("questions 4")
    assert service.assize("cancel", job).rc == 0
    for _ in range(4):
        python.until("gave back")
    service.submit(ALONE, items(8), "--again")
    python.until("questions 4")


def test_coordinator_comes_back(peers):
    """Told to stop, the worker gives back what waits, and finds the next one."""
    service = peers.start()
    python = peers.python(delay_ms=200, credit=4)
    job = service.submit(ALONE, items(20))
    python.until("questions 4")
    assert service.coordinator.term() == 0
    python.until("broken the coordinator stops")
    service.coordinator.start()
    python.until("welcome")
    check(peers.results(job), 20)


def test_with_keys(peers):
    """CURVE over tcp: who is on the list is served under its name, who is not never is."""
    service = peers.start(keys=True)
    assert service.assize("keygen", "keys", "--name", "stranger", "--roles", "work").rc == 0

    def key(name, kind):
        return (service.keys / f"{name}.{kind}").read_text().splitlines()[-1].split()[1]

    def python(name):
        return peers.python(server_key=key("server", "public"), public=key(name, "public"),
                            secret=key(name, "secret"))

    stranger, listed = python("stranger"), python("gpu")
    assert listed.until("welcome") == "welcome gpu"
    peers.serve(ALONE, 20)
    assert stranger.kill() == []


def test_plain_tcp(peers):
    doors = {door: f"tcp://127.0.0.1:{free_port()}" for door in ("clients", "workers")}
    service = peers.start(insecure="names", **doors)
    service.clients, service.workers = doors["clients"], doors["workers"]
    peers.python()
    peers.serve(ALONE, 20)


# ---- panels of ill will ----

GPU = "question: pair\njudges: [{backend: gpu, model: m}]\n"
REFUSED = {
    "url": GPU + "backends: [{name: gpu, kind: openai, url: 'http://evil.example/v1'}]\n",
    "key": GPU + "backends: [{name: gpu, kind: openai, key: 'env:OPENAI_API_KEY'}]\n",
    "key of a file": GPU + "backends: [{name: gpu, kind: openai, key: 'file:/etc/passwd'}]\n",
    "headers": GPU + "backends: [{name: gpu, kind: openai, headers: {X-Key: a}}]\n",
    "serve": GPU + "backends: [{name: gpu, kind: openai, serve: {command: [sh], ready: 'http://a'}}]\n",
    "recorded": GPU + "backends: [{name: gpu, kind: recorded, file: /etc/passwd}]\n",
    "environment": GPU + "backends: [{name: gpu, kind: openai, models: ['${HOME}']}]\n",
    "template_file": GPU + "template_file: /etc/passwd\n",
    "a judge's": "question: pair\njudges: [{backend: gpu, model: m, template_file: /etc/passwd}]\n",
    "extends": "extends: /etc/passwd\n" + GPU,
    "calibration": GPU + "aggregate: {kind: auto, calibration: /etc/passwd}\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_panel_of_ill_will(peers, name):
    """By a client that checks nothing: it is refused at the door, and no job is made of it."""
    service = peers.start()
    client = Client(service.clients)
    failed = client.call("failed", submit={"request": 7, "key": b"k", "yaml": REFUSED[name]})
    assert re.search("is refused in a|names a file, and none is read", failed.what), failed
    assert service.assize("jobs", "--json").stdout == ""
    assert not [p for p in peers.world.path("state").glob("jobs/*")]


# ---- versions ----

def test_two_versions(peers):
    """Who speaks a newer version, too, says hello in it, is told which are spoken, and
    comes again in one of these."""
    peers.start()
    python = peers.python(version=3)
    refused = python.until("broken")
    assert "version 3 of the protocol, versions 1 to 1 are spoken here" in refused
    python.until("welcome")
    peers.serve(ALONE, 20)


class Newer:
    """A coordinator of another day: it speaks versions 2 and 3, and refuses in its own."""

    def __init__(self, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.rcvtimeo = DEADLINE_S * 1000
        self.socket.bind(endpoint)

    def refuse(self):
        """Whoever comes next."""
        route, frame = self.socket.recv_multipart()
        said = Envelope.FromString(frame)
        assert (said.version, said.WhichOneof("body")) == (1, "hello")
        refuse = {"what": "version 1 is no more", "version_min": 2, "version_max": 3}
        self.socket.send_multipart(
            [route, Envelope(version=3, seq=1, refuse=refuse).SerializeToString()])

    def close(self):
        self.socket.close()


def test_a_newer_coordinator(lab, world):
    """Worker and client say which versions it speaks; the worker does not hammer at it,
    and serves the one that is there next."""
    world.folder.chmod(0o700)
    coordinator = lab.coordinator(start=False)
    newer = Newer(coordinator.workers)
    worker = lab.worker("w0", [{"name": "lexical", "kind": "lexical"}])
    newer.refuse()
    line = worker.said("the coordinator refused: version 1 is no more")
    assert "It speaks versions 2 to 3 of the protocol, this program version 1" in line, line
    assert int(re.search(r" in_ms=(\d+)", line)[1]) >= 4000, line
    newer.close()

    newer = Newer(coordinator.clients)
    listing = lab.client().start("jobs")
    newer.refuse()
    run = listing.wait()
    assert run.rc == 78 and "versions 2 to 3" in run.stderr, run
    newer.close()

    coordinator.start()
    mark = worker.mark()
    worker.reload()  # else it would wait some seconds
    worker.said("connected", mark)
    job = lab.client().submit(OVERLAP, [{"prompt": "p", "response": "a", "reference": "a"}])
    assert len(job.done().results()) == 1


# ---- peers of no good ----

class Peer:
    """Says whatever it is told to."""

    def __init__(self, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = DEADLINE_S * 1000
        self.socket.connect(endpoint)

    def say(self, seq, version=1, **body):
        self.socket.send(Envelope(version=version, seq=seq, **body).SerializeToString())

    def hear(self):
        envelope = Envelope.FromString(self.socket.recv())
        kind = envelope.WhichOneof("body")
        return kind, getattr(envelope, kind), envelope.seq

    def hello(self, **more):
        self.say(1, hello=dict(name="peer", software="peer 1"), **more)
        return self.hear()


# ---- a client ----

class Client(Peer):
    """Speaks as docs/protocol.md says; a session each."""

    def __init__(self, endpoint):
        super().__init__(endpoint)
        self.seq = 1
        assert self.hello()[0] == "welcome"

    def ask(self, **body):
        self.seq += 1
        self.say(self.seq, **body)

    def answer(self):
        while True:
            kind, body, _ = self.hear()
            if kind != "heartbeat":
                return kind, body

    def call(self, want, **body):
        self.ask(**body)
        kind, answer = self.answer()
        assert kind == want, answer
        return answer


def lines(rows, first):
    return [{"text": json.dumps(row).encode(), "number": first + i} for i, row in enumerate(rows)]


def test_a_client(peers):
    """Submits in two sessions, and reads verdicts by small credit in a third."""
    service = peers.start()
    peers.python()
    submit = {"request": 7, "key": b"\x00mine", "yaml": ALONE, "name": "n"}
    rows = items(40)

    client = Client(service.clients)
    submitted = client.call("submitted", submit=submit)
    assert (submitted.request, submitted.chunks, submitted.sealed, submitted.existed) == \
        (7, 0, False, False)
    assert submitted.window >= 1 and submitted.chunk_bytes >= 4096
    job = submitted.job
    first = {"job": job, "index": 0, "lines": lines(rows[:25], 1) + [{"text": b"{", "number": 26}]}
    chunked = client.call("chunked", chunk=first)
    assert (chunked.chunks, chunked.sealed, chunked.bad_lines) == (1, False, 1)
    assert [bad.line for bad in chunked.bad] == [26]

    client = Client(service.clients)  # the first broke off
    submitted = client.call("submitted", submit=submit)
    assert (submitted.job, submitted.chunks, submitted.existed) == (job, 1, True)
    again = client.call("chunked", chunk=first)
    assert (again.chunks, again.bad_lines) == (1, 1)
    last = {"job": job, "index": 1, "lines": lines(rows[25:], 27), "last": True}
    assert client.call("chunked", chunk=last).sealed
    other = {**submit, "yaml": PANEL}
    assert client.call("failed", submit=other).code == 10
    assert client.call("failed", status={"request": 8, "job": job + 1}).code == 5

    client = Client(service.clients)
    read, at, end = [], 0, False
    client.ask(results={"request": 9, "job": job, "follow": True, "credit": 1})
    while not end:
        kind, verdicts = client.answer()
        assert (kind, verdicts.request) == ("verdicts", 9)
        read += [json.loads(line) for line in verdicts.lines]
        at, end = verdicts.next, verdicts.end
        if not end:
            client.ask(more={"request": 9, "credit": sum(map(len, verdicts.lines))})
    check(read, 40)
    assert at == 40
    info = client.call("status_reply", status={"request": 10, "job": job}).info
    assert (info.state, info.items, info.decided, info.bad_lines) == (5, 40, 40, 1)


# ---- who breaks the protocol ----

def another_version(peer):
    kind, refuse, _ = peer.hello(version=2)
    assert (kind, refuse.version_min, refuse.version_max, refuse.again) == ("refuse", 1, 1, False)
    assert "version 2" in refuse.what


def greeted(peer):
    assert peer.hello()[0] == "welcome"
    peer.say(2, heartbeat={})


def refused(peer, what):
    """Once, with the next number; a hello begins anew."""
    kind, refuse, seq = peer.hear()
    assert (kind, seq, refuse.again) == ("refuse", 2, True)
    assert re.search(what, refuse.what), refuse.what
    assert peer.hello()[0] == "welcome"


def truncated(peer):
    greeted(peer)
    whole = Envelope(version=1, seq=3, announce={"backends": [{"name": "echo"}]})
    peer.socket.send(whole.SerializeToString()[:-2])
    refused(peer, "no envelope")


def replayed(peer):
    greeted(peer)
    peer.say(2, heartbeat={})
    refused(peer, "message 2 after message 2")


def out_of_order(peer):
    greeted(peer)
    peer.say(4, heartbeat={})
    refused(peer, "message 4 after message 2")


def malformed(peer):
    """Bytes that are no envelope at all, and of two frames only one is told."""
    greeted(peer)
    for _ in range(2):
        peer.socket.send(b"\xff" * 1000)
    refused(peer, "no envelope")


def out_of_range(peer):
    greeted(peer)
    peer.say(3, answers={"answers": [{"panel": 1, "ballot": {"key": {"round": 0}}}]})
    refused(peer, "round out of range")


def what_coordinators_say(peer):
    greeted(peer)
    peer.say(3, forget={"panel": 1})
    refused(peer, "only a coordinator")


def oversized(peer):
    """Its connection is closed; ZeroMQ makes another, which has no session."""
    greeted(peer)
    monitor = peer.socket.get_monitor_socket(zmq.EVENT_CONNECTED)
    peer.socket.send(bytes((64 << 20) + 1))
    assert monitor.poll(DEADLINE_S * 1000)
    peer.say(3, heartbeat={})
    kind, refuse, seq = peer.hear()
    assert (kind, seq, refuse.again) == ("refuse", 1, True)
    assert peer.hello()[0] == "welcome"


BREAKS = [another_version, malformed, truncated, replayed, out_of_order, what_coordinators_say,
          oversized]


@pytest.mark.parametrize("door, breaks", [
    *(pytest.param(door, breaks, id=f"{door}-{breaks.__name__}")
      for door in ("workers", "clients") for breaks in BREAKS),
    pytest.param("workers", out_of_range, id="workers-out_of_range")])
def test_costs_only_its_own_session(peers, door, breaks):
    service = peers.start()
    python = peers.python(delay_ms=20, credit=4)
    job = service.submit(ALONE, items(30))
    python.until("questions 4")
    breaks(Peer(getattr(service, door)))
    check(peers.results(job), 30)
    assert [line for line in python.kill() if line.startswith(("welcome", "broken"))] == \
        [line for line in python.said if line.startswith("welcome")][:1]
