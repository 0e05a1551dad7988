"""A lab: a coordinator, its workers and clients, each a program of its own.

    def test_one(lab, world):
        stub = world.stub(delay=20)
        coordinator = lab.coordinator()
        lab.worker("w0", [backend(stub)])
        job = lab.client().submit(panel(), pairs(20))
        coordinator.kill9()
        coordinator.start()
        assert job.watch().rc == 0

They speak over ipc:// in the test's folder, over tcp:// without keys
(trust="names") or with them (trust="keys"). What a program logs is in
FOLDER/NAME.log, and shown when the test fails.
"""

import contextlib
import json
import shutil
import signal
import socket
import sqlite3
import time

from conftest import DEADLINE_S
from programs import Program


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Member(Program):
    """A program of the lab; its settings may be changed before each start."""

    def __init__(self, world, program, name, settings, host=None, limits=None):
        super().__init__(program, world.write(f"{name}.yaml", ""), world.folder, name,
                         world.environment(), world.folder, host.wrap if host else (), limits)
        self.world, self.host, self.settings = world, host, settings

    def start(self, ready=True, **environ):
        self.config.write_text(json.dumps(self.settings))
        return super().start(ready, **environ)

    def reload(self, **settings):
        """Other settings, and SIGHUP."""
        self.settings.update(settings)
        self.config.write_text(json.dumps(self.settings))
        self.signal(signal.SIGHUP)

    def close(self):
        super().close()
        print(f"---- {self.name}.log, the end of it", *self.lines[-40:], sep="\n")


class Coordinator(Member):
    def __init__(self, lab, name, settings, host, limits):
        super().__init__(lab.world, "assize-coordinator", name, settings, host, limits)
        self.state = lab.world.path(settings["state"])
        self.clients, self.workers = settings["clients"], settings["workers"]

    def allow(self, lines):
        """The list of principals, read again."""
        path = self.world.path("principals")
        path.write_text("".join(lines))
        if self.running():
            since = self.mark()
            self.reload()
            self.said("settings read again", since)


class Job:
    """A job, seen by one client."""

    def __init__(self, client, number):
        self.client, self.id = client, number
        self.dir = client.lab.coordinators[0].state / "jobs" / number

    def info(self):
        return json.loads(self.client.ok("status", self.id, "--json").stdout)

    def watch(self, timeout_s=2 * DEADLINE_S):
        """Until it rests; the exit code tells how."""
        return self.client.start("watch", self.id).wait(timeout_s)

    def done(self, timeout_s=2 * DEADLINE_S):
        """Watch it to its end, which must be a good one."""
        run = self.watch(timeout_s)
        assert run.rc == 0, f"{run}\n{self.info()}"
        return self

    def until(self, predicate, deadline_s=DEADLINE_S):
        """Ask for its state until `predicate(info)`; its last state is returned."""
        ends = time.monotonic() + deadline_s
        while True:
            info = self.info()
            if predicate(info):
                return info
            assert time.monotonic() < ends, f"the deadline has passed: {info}"

    def results(self, *args, timeout_s=2 * DEADLINE_S):
        """Its verdicts, as the client reads them."""
        run = self.client.start("results", self.id, *args).wait(timeout_s)
        assert run.rc in (0, 65, 75), run
        return [json.loads(line) for line in run.stdout.splitlines()]

    def stored(self):
        """{(item, judge, round): body} of every ballot in its store, errors left out."""
        if not (self.dir / "state.db").exists():
            return {}
        with contextlib.closing(sqlite3.connect(self.dir / "state.db", timeout=30)) as db:
            return {row[:3]: row[3] for row in db.execute(
                "SELECT i.id, j.name, b.round, b.body FROM ballots b JOIN items i ON i.seq = b.item"
                " JOIN judges j ON j.id = b.judge WHERE b.error = 0")}


class Client:
    """The command line, as one principal on one host."""

    def __init__(self, lab, args, host):
        self.lab, self.args, self.host = lab, args, host

    def start(self, *args, **how):
        how.setdefault("wrap", self.host.wrap if self.host else ())
        return self.lab.world.command(*args, *self.args, **how)

    def run(self, *args, timeout_s=2 * DEADLINE_S):
        return self.start(*args).wait(timeout_s)

    def ok(self, *args):
        run = self.run(*args)
        assert run.rc == 0, run
        return run

    def files(self, panel, items, name="job"):
        """`panel` is YAML or a path, `items` rows or a path."""
        world = self.lab.world
        if isinstance(panel, str):
            panel = world.write(f"{name}.panel.yaml", panel)
        if isinstance(items, list):
            items = world.write(f"{name}.items.jsonl", items)
        return panel, items

    def submit(self, panel, items, *args, name="job"):
        return self.job(self.ok("submit", *self.files(panel, items, name), *args))

    def job(self, run):
        return Job(self, run.stdout.strip())

    def jobs(self):
        return [json.loads(line) for line in self.ok("jobs", "--json").stdout.splitlines()]

    def workers(self):
        return [json.loads(line) for line in self.ok("workers", "--json").stdout.splitlines()]

    def until_workers(self, predicate, deadline_s=DEADLINE_S):
        """Ask who is there until `predicate([worker…])`."""
        ends = time.monotonic() + deadline_s
        while True:
            workers = self.workers()
            if predicate(workers):
                return workers
            assert time.monotonic() < ends, f"the deadline has passed: {workers}"


class Lab:
    def __init__(self, world):
        self.world, self.trust = world, "ipc"
        self.coordinators, self._programs, self._closers = [], [], []
        self.principals = {}

    # ---- programs ----

    def coordinator(self, trust="ipc", host=None, start=True, name="coordinator", limits=None,
                    **settings):
        """trust: ipc, names (tcp:// without keys) or keys."""
        self.trust = trust
        at = host.address if host else "127.0.0.1"
        for end in ("clients", "workers"):
            where = f"ipc://{self.world.path(name + '-' + end)}" if trust == "ipc" \
                else f"tcp://{at}:{free_port()}"
            settings.setdefault(end, where)
        settings = {"state": f"{name}-state", **settings}
        if trust == "names":
            settings["insecure"] = "names"
        if trust == "keys":
            self._keygen("server", "--server")
            settings.update(key="keys/server/server.secret", principals="principals")
            self.world.path("principals").touch()
        c = Coordinator(self, name, settings, host, limits)
        self.coordinators.append(c)
        self._programs.append(c)
        return c.start() if start else c

    def worker(self, name, backends, host=None, start=True, to=None, key=None, ready=True,
               limits=None, **settings):
        """`to` is an endpoint, else the coordinator's own; `key` another's keys."""
        settings = {"name": name, "coordinator": to or self.coordinators[0].workers,
                    "backends": backends, **settings}
        if self.trust == "names":
            settings["insecure"] = "names"
        if self.trust == "keys":
            keys = self.key(key or name, "work")
            settings.update(key=f"{keys}/{key or name}.secret",
                            coordinator_key="keys/server/server.public")
        w = Member(self.world, "assize-worker", name, settings, host, limits)
        self._programs.append(w)
        return w.start(ready) if start else w

    def client(self, name="client", roles="submit,read", host=None, to=None):
        args = ["--to", to or self.coordinators[0].clients]
        if self.trust == "keys":
            args += ["--keys", self.key(name, roles)]
        if self.trust == "names":
            args += ["--insecure"]
        return Client(self, args, host)

    # ---- keys ----

    def _keygen(self, name, *args):
        folder = self.world.path("keys") / name
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            run = self.world.assize("keygen", folder, *args)
            assert run.rc == 0, run
            return folder, run.stdout
        return folder, None

    def key(self, name, roles):
        """The folder of a principal's keys, made and listed when they are not there;
        they serve a worker and a client alike."""
        folder, line = self._keygen(name, "--name", name, "--roles", roles)
        if line:
            if name != "client":
                shutil.copy(folder / f"{name}.secret", folder / "client.secret")
            shutil.copy(self.world.path("keys/server/server.public"), folder)
            self.principals[name] = line
            self.coordinators[0].allow(self.principals.values())
        return folder

    def revoke(self, name):
        self.principals.pop(name)
        self.coordinators[0].allow(self.principals.values())

    # ---- what is between them ----

    def proxy(self, endpoint):
        """A network that can be cut, from its .endpoint to this one; see proxy.py."""
        from proxy import Proxy

        made = Proxy(endpoint)
        self.at_end(made.close)
        return made

    # ---- the end ----

    def at_end(self, close):
        """Call it when the programs are gone."""
        self._closers.append(close)

    def close(self):
        for program in reversed(self._programs):
            program.close()
        for close in reversed(self._closers):
            close()
