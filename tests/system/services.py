"""A service of a test: assize-coordinator and its workers, over ipc in the
test's folder.

    service = Service(world)
    service.worker(stub=stub)
    job = service.submit(panel, items)
    assert service.assize("watch", job).rc == 0
"""

import json
import os
import socket

from programs import Program


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    """`keys`: over tcp, known by keys. `settings` are of the coordinator's configuration."""

    def __init__(self, world, keys=False, **settings):
        self.world, self.keys = world, None
        os.chmod(world.folder, 0o700)
        self.clients = f"ipc://{world.path('clients')}"
        self.workers = f"ipc://{world.path('workers')}"
        if keys:
            settings = {**self._make_keys(), **settings}
        config = {"state": str(world.path("state")), "clients": self.clients,
                  "workers": self.workers, **settings}
        self.programs = []
        self.coordinator = self._start("assize-coordinator", "coordinator", config)

    def _make_keys(self):
        self.keys = self.world.path("keys")
        self.clients, self.workers = (f"tcp://127.0.0.1:{free_port()}" for _ in "cw")
        self.assize("keygen", "keys", "--server")
        lines = [self.assize("keygen", "keys", "--name", name, "--roles", roles).stdout
                 for name, roles in (("client", "submit,read"), ("gpu", "work"))]
        self.world.write("principals", "".join(lines))
        return {"key": str(self.keys / "server.secret"),
                "principals": str(self.world.path("principals"))}

    def _start(self, program, name, config):
        self.programs.append(Program(program, self.world.write(f"{name}.yaml", json.dumps(config)),
                                     self.world.folder, name, self.world.environment()))
        return self.programs[-1].start()

    def worker(self, name="w1", stub=None, backends=None):
        backends = backends or [{"name": "lexical", "kind": "lexical"}]
        if stub:
            backends = backends + [{"name": "stub", "kind": "openai", "url": stub.url}]
        config = {"name": name, "coordinator": self.workers, "backends": backends}
        if self.keys:
            config["key"] = str(self.keys / "gpu.secret")
            config["coordinator_key"] = str(self.keys / "server.public")
        return self._start("assize-worker", f"worker.{name}", config)

    def environment(self):
        keys = {"ASSIZE_KEYS": str(self.keys)} if self.keys else {}
        return {"ASSIZE_ENDPOINT": self.clients, **keys}

    def command(self, *args, **more):
        """A command of the service, under way."""
        return self.world.command(*args, env=self.environment(), **more)

    def assize(self, *args):
        return self.command(*args).wait()

    def submit(self, panel, items, *args):
        """The job's number."""
        if not isinstance(panel, os.PathLike):
            panel = self.world.write("panel.yaml", panel)
        if not isinstance(items, os.PathLike):
            items = self.world.write("items.jsonl", items)
        run = self.assize("submit", panel, items, *args)
        assert run.rc == 0, run
        return run.stdout.strip()

    def status(self, job):
        run = self.assize("status", job, "--json")
        assert run.rc == 0, run
        return json.loads(run.stdout)

    def verdicts(self, job, *args):
        run = self.assize("results", job, "--follow", *args)
        return run, [json.loads(line) for line in run.stdout.splitlines()]

    def close(self):
        for program in self.programs:
            program.close()
