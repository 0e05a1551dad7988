"""The commands of docs/service.md, as typed; other machines are other folders."""

import json
import os
import re
import shutil
import subprocess

import pytest

import conftest
from chat import pairs
from lab import free_port
from programs import outside_systemd


def blocks(page):
    return re.findall(r"^```\n(.*?)^```", (conftest.ROOT / page).read_text(), re.S | re.M)


def block(page, has):
    """The one that has this."""
    return next(b for b in blocks(page) if has in b)


@pytest.fixture
def shell(world):
    """Types into bash, in a folder of the test's; what runs in the background ends with
    the test."""
    started = []

    def typed(text, folder=".", wait=True, **environ):
        home = world.path(folder)
        home.mkdir(exist_ok=True)
        environment = {**outside_systemd(), **world.environment(), "HOME": str(home),
                       "PATH": f"{(conftest.BUILD / 'bin').resolve()}:{os.environ['PATH']}"}
        environment.pop("ASSIZE_ENDPOINT", None)
        log = open(home / f"typed.{len(started)}.log", "w+")
        ran = subprocess.Popen(["bash", "-euc", text], cwd=home, env={**environment, **environ},
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               start_new_session=True)
        started.append((ran, log))
        if not wait:
            return None
        rc = ran.wait(2 * conftest.DEADLINE_S)
        log.seek(0)
        said = log.read()
        assert rc == 0, f"{text}\n{rc}: {said}"
        return said

    yield typed
    for ran, log in reversed(started):
        try:
            os.killpg(ran.pid, 9)
        except ProcessLookupError:
            pass
        ran.wait(conftest.DEADLINE_S)
        log.close()


def test_a_service_on_one_machine(shell):
    files = block("README.md", "cat > first.yaml").split("build/release/bin/assize")[0]
    said = shell(files + block("docs/service.md", "cd demo") + "kill -TERM $(jobs -p); wait\n")
    lines = [line for line in said.splitlines() if not re.match(r"\d{4}-.*Z |assize: ", line)]
    assert lines[0] == "1"
    assert '"q1"' in said and '"q2"' in said


class Machines:
    """Three of them and a laptop, as the page's second part has it."""

    def __init__(self, world, shell):
        self.world, self.shell = world, shell
        self.stub = world.stub(votes="A")
        self.names = {"//judges:": "//127.0.0.1:", "5600": str(free_port()),
                      "5601": str(free_port()), "9464": str(free_port()),
                      "http://localhost:8000/v1": self.stub.url,
                      "https://api.openai.com/v1": self.stub.url}

    def page(self, has):
        text = block("docs/service.md", has)
        for name, here in self.names.items():
            text = text.replace(name, here)
        return text

    def copy(self, to, *files):
        self.world.path(to).mkdir()
        for name in files:
            shutil.copy(self.world.path("judges") / name, self.world.path(to))

    def start(self):
        typed, runs, rest = self.page("keygen . --server").rpartition("assize-coordinator -c ")
        self.shell(typed.removesuffix(" && "), "judges")
        self.shell(runs + rest, "judges", wait=False)
        for worker in ("gpu1", "keybox"):
            self.copy(worker, f"keys/{worker}.secret", "server.public")
        first = self.page("name: gpu1")
        self.shell(first, "gpu1", wait=False)
        second = re.sub(r"  - \{name: gpu,.*\n", lambda _: self.page("limit_group: team"), first)
        self.shell(second.replace("gpu1", "keybox"), "keybox", wait=False, OPENAI_API_KEY="k")
        self.copy("laptop", "keys/client.secret", "keys/chief.secret", "server.public")
        self.world.path("laptop/assize-keys").symlink_to(".")

    def submit(self):
        judges = "[gpu/Qwen3-8B, openai/gpt-4o-mini]"
        typed = self.page("ASSIZE_KEYS=~")
        assert judges in typed
        self.world.write("laptop/panel.yaml", f"question: pair\njudges: {judges}\n")
        self.world.write("laptop/items.jsonl", pairs(20))
        return self.shell(typed, "laptop")


def test_a_service_on_three_machines_and_its_copy(world, shell):
    """Judges of both workers vote; a coordinator goes on from a copy that was made of the
    first one's state while it ran."""
    machines = Machines(world, shell)
    machines.start()
    said = machines.submit()
    assert "job 1 is done" in said, said
    with open(world.path("laptop/verdicts.jsonl")) as lines:
        rows = [json.loads(line) for line in lines]
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(20)]
    assert {len(row["ballots"]) for row in rows} == {4}, "two judges, in both orders"
    assert {row["status"] for row in rows} == {"decided"}
    admin = re.search(r"`(assize set backend [^`]+)`",
                      (conftest.ROOT / "docs/service.md").read_text())[1]
    said = shell(f"export ASSIZE_ENDPOINT=tcp://127.0.0.1:{machines.names['5600']}\n"
                 f"export ASSIZE_KEYS=~/assize-keys/chief.secret\n{admin}\n", "laptop")
    assert "1 worker was told" in said, said

    if not shutil.which("sqlite3"):
        pytest.skip("no sqlite3: the copy was not made")
    shell(machines.page(".backup"), "judges")
    config = (world.path("judges/coordinator.yaml")).read_text()
    other = free_port()
    for port in ("5601", "9464"):
        config = config.replace(machines.names[port], str(free_port()))
    config = config.replace(machines.names["5600"], str(other)).replace("state: state", "state: copy")
    world.path("judges/copy.yaml").write_text(config)
    shell("exec assize-coordinator -c copy.yaml\n", "judges", wait=False)
    shell(f"export ASSIZE_ENDPOINT=tcp://127.0.0.1:{other} ASSIZE_KEYS=~/assize-keys\n"
          "assize results 1 -o copied.jsonl\n", "laptop")
    assert world.path("laptop/copied.jsonl").read_bytes() == \
        world.path("laptop/verdicts.jsonl").read_bytes()
