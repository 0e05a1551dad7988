#!/usr/bin/python3
"""A worker written from docs/protocol.md alone: it has one backend, which finds the
longest response the best, and says on stdout what happens to it.

    python_worker.py --coordinator ipc:///run/assize/workers
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import yaml
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAME_MAX = 64 << 20
WELCOME_S = 10
UNFIT = 16  # of the errors of a ballot


def messages():
    """What is sent, made by protoc from the .proto files."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["protoc", f"--python_out={out}", f"-I{ROOT}",
                        *(f"protos/{name}.proto" for name in ("envelope", "work", "job", "model"))],
                       cwd=ROOT, check=True)
        sys.path.insert(0, out)
        from protos import envelope_pb2, work_pb2
        return envelope_pb2.Envelope, work_pb2.Answer


Envelope, Answer = messages()


class Broken(Exception):
    """The session is over: another begins after a pause."""


def say(*words):
    print(*words, flush=True)


def judge(question, item, ballot):
    """The longest response is the best. Labels are in the item's own frame, so the
    order in which it would be shown changes nothing."""
    lengths = [len(text) for text in item.responses]
    if question["kind"] == "score":
        low, high = question["scale"]
        ballot.label, ballot.score = -1, min(max(lengths[0], low), high)
    elif question["kind"] == "choice":
        ballot.label = lengths[0] % len(question["labels"])
    elif len(set(lengths)) == 1 and question["kind"] == "pair" and question.get("ties", True):
        ballot.label = 2
    else:
        ballot.label = lengths.index(max(lengths))
    ballot.rationale = f"lengths {lengths}"


class Session:
    def __init__(self, context, options):
        self.options = options
        self.panels = {}
        self.held = {}  # (panel, key) -> when it is answered, question, item
        self.sent = self.received = 0
        self.silence = 0  # until the welcome says
        self.spoke = self.heard = time.monotonic()
        self.stopping = False
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.MAXMSGSIZE, FRAME_MAX)
        self.socket.setsockopt(zmq.LINGER, 0)
        if options.secret:
            self.socket.curve_serverkey = options.server_key.encode()
            self.socket.curve_publickey = options.public.encode()
            self.socket.curve_secretkey = options.secret.encode()
        self.socket.connect(options.coordinator)

    def send(self, **body):
        self.sent += 1
        version = self.options.version
        self.socket.send(Envelope(version=version, seq=self.sent, **body).SerializeToString())
        self.spoke = time.monotonic()

    def announce(self, credit, state=""):
        backend = dict(name=self.options.backend, kind="python", credit=credit, state=state)
        return {"backends": [backend]}

    # ---- what the coordinator says ----

    def receive(self):
        envelope = Envelope.FromString(self.socket.recv(zmq.NOBLOCK))
        kind = envelope.WhichOneof("body")
        if kind == "refuse":
            if 0 < envelope.refuse.version_max < self.options.version:
                self.options.version = envelope.refuse.version_max
            raise Broken(f"refused: {envelope.refuse.what}")
        self.received += 1
        if envelope.version != self.options.version or envelope.seq != self.received:
            raise Broken(f"message {envelope.seq} instead of {self.received}")
        if (kind == "welcome") != (self.received == 1):
            raise Broken(f"{kind} at the wrong time")
        self.heard = time.monotonic()
        if kind and hasattr(self, f"on_{kind}"):
            getattr(self, f"on_{kind}")(getattr(envelope, kind))

    def on_welcome(self, welcome):
        say("welcome", welcome.principal)
        self.silence = welcome.silence_ms / 1000
        self.send(announce=self.announce(self.options.credit))

    def on_panel(self, panel):
        say("panel", panel.panel)
        self.panels[panel.panel] = yaml.safe_load(panel.yaml)

    def on_forget(self, forget):
        say("forget", forget.panel)
        self.panels.pop(forget.panel, None)

    def on_questions(self, questions):
        due = time.monotonic() + self.options.delay_ms / 1000
        for question in questions.questions:
            panel = self.panels[question.panel]
            self.held[question.panel, question.key.SerializeToString()] = (
                due, question, questions.items[question.item], panel["question"])
        say("questions", len(self.held))
        if self.stopping:
            self.give_back(list(self.held))

    def on_recall(self, recall):
        keys = [(recall.panel, key.SerializeToString()) for key in recall.keys]
        if recall.all:
            keys = [key for key in self.held if key[0] == recall.panel]
        self.give_back([key for key in keys if key in self.held])

    def on_stop(self, _):
        self.stopping = True
        self.give_back(list(self.held))

    # ---- answers: each gives its credit back ----

    def give_back(self, keys):
        for at in keys:
            _, question, _, _ = self.held.pop(at)
            answer = Answer(panel=question.panel, again=True)
            answer.ballot.key.CopyFrom(question.key)
            answer.ballot.label = -1
            self.send(answers=dict(answers=[answer], credit=self.announce(not self.stopping)))
            say("gave back", question.key.item)

    def answer_due(self):
        done = [at for at, held in self.held.items() if held[0] <= time.monotonic()]
        answers = []
        for at in done:
            _, question, item, asked = self.held.pop(at)
            answer = Answer(panel=question.panel)
            answer.ballot.key.CopyFrom(question.key)
            answer.ballot.attempts, answer.ballot.how = 1, "python"
            answer.ballot.cost_known = True
            if item.responses:
                judge(asked, item, answer.ballot)
            else:
                answer.ballot.error, answer.ballot.label = UNFIT, -1
            answers.append(answer)
        if answers:
            self.send(answers=dict(answers=answers, credit=self.announce(len(answers))))

    # ---- time ----

    def quiet_until(self):
        limit = self.silence if self.received else WELCOME_S
        return self.heard + limit if limit else float("inf")

    def heartbeat_at(self):
        return self.spoke + self.silence / 4 if self.silence else float("inf")

    def wait(self):
        """True: there is something to receive."""
        due = min([held[0] for held in self.held.values()], default=float("inf"))
        due = min(due, self.quiet_until(), self.heartbeat_at())
        left = max(0, due - time.monotonic()) * 1000 + 1
        return self.socket.poll(None if left == float("inf") else left)

    def run(self):
        self.send(hello=dict(name=self.options.name, software="python_worker 1"))
        while self.held or not self.stopping:
            if self.wait():
                self.receive()
                continue
            self.answer_due()
            if time.monotonic() >= self.quiet_until():
                raise Broken("the coordinator is silent")
            if time.monotonic() >= self.heartbeat_at():
                self.send(heartbeat={})
        raise Broken("the coordinator stops")

    def close(self):
        self.socket.close(linger=5000 if self.stopping else 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--coordinator", required=True)
    parser.add_argument("--name", default="python")
    parser.add_argument("--backend", default="echo")
    parser.add_argument("--credit", type=int, default=8)
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--version", type=int, default=1, help="the newest that it speaks")
    for key in ("server-key", "public", "secret"):
        parser.add_argument(f"--{key}", help="40 characters; all three or none")
    options = parser.parse_args()
    context = zmq.Context()
    while True:
        session = Session(context, options)
        try:
            session.run()
        except Broken as why:
            say("broken", why)
        session.close()
        time.sleep(random.uniform(0.1, 0.3))


if __name__ == "__main__":
    main()
