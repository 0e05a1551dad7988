"""The programs live with the system calls that their units leave them. What the
units say is applied as systemd does it, by libseccomp: other calls give EPERM."""

import ctypes
import json
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess

import pytest

from conftest import BUILD, DEADLINE_S, ROOT
from programs import run

NOBODY = 65534
ALLOW, EPERM = 0x7FFF0000, 0x00050001

PANEL = "question: {kind: score, scale: [0, 1]}\njudges: [lexical/token_f1]\n"


def calls_of(name):
    """The system calls behind @NAME, as systemd knows it."""
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True,
                          text=True, check=True).stdout
    found = set()
    for word in re.findall(r"^    ([@\w-]+)$", said, re.M):
        found |= calls_of(word) if word.startswith("@") else {word}
    return found


def filter_of(unit):
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (ROOT / "systemd" / unit).read_text(), re.M):
        for word in line.lstrip("~").split():
            calls = calls_of(word) if word.startswith("@") else {word}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


@pytest.fixture(scope="module")
def seccomp():
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    if "san" in BUILD.name:
        pytest.skip("a sanitizer makes calls of its own")
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("no libseccomp")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                                         ctypes.c_uint]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    return library


@pytest.fixture
def folder():
    """Where nobody may write, on a path that is open to all."""
    path = pathlib.Path(f"/tmp/assize-sandbox-{os.getpid()}")
    path.mkdir(mode=0o755)
    os.chown(path, NOBODY, NOBODY)
    yield path
    for program in Confined.started:
        program.kill()
        program.wait()
    Confined.started.clear()
    shutil.rmtree(path)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Confined:
    """A program under its unit's filter, as nobody, ready when made."""

    started = []

    def __init__(self, seccomp, unit, folder, config):
        name = unit.split(".")[0].rstrip("@")
        shutil.copy(BUILD / "bin" / name, folder / name)  # the build may be closed to others
        (folder / f"{name}.json").write_text(json.dumps(config))
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(str(folder / f"{name}.notify"))
        os.chmod(folder / f"{name}.notify", 0o777)
        numbers = [seccomp.seccomp_syscall_resolve_name(call.encode()) for call in filter_of(unit)]

        def confine():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            rules = seccomp.seccomp_init(EPERM)
            for number in numbers:
                if number >= 0:
                    seccomp.seccomp_rule_add(rules, ALLOW, number, 0)
            if seccomp.seccomp_load(rules):
                os._exit(99)

        self.log = folder / f"{name}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [folder / name, "--config", folder / f"{name}.json"], stdin=subprocess.DEVNULL,
                stderr=log, preexec_fn=confine, cwd="/",
                env={**os.environ, "NOTIFY_SOCKET": str(folder / f"{name}.notify")})
        self.started.append(self.process)
        ended = os.pidfd_open(self.process.pid)
        said = b""
        while b"READY=1" not in said:
            ready, _, _ = select.select([heard, ended], [], [], DEADLINE_S)
            if heard not in ready:
                pytest.fail(f"{name}: {self.log.read_text()}")
            said = heard.recv(4096)
        os.close(ended)
        heard.close()

    def stop(self):
        self.process.terminate()
        return self.process.wait(DEADLINE_S)


def test_a_job_under_the_filters(seccomp, folder):
    to = f"ipc://{folder}/clients"
    (folder / "principals").write_text(f"all uid:0 submit,read\nw uid:{NOBODY} work\n")
    coordinator = Confined(seccomp, "assize-coordinator.service.in", folder, {
        "state": str(folder / "state"), "clients": to, "workers": f"ipc://{folder}/workers",
        "principals": str(folder / "principals"), "http": free_port()})
    worker = Confined(seccomp, "assize-worker@.service.in", folder, {
        "name": "w", "coordinator": f"ipc://{folder}/workers", "cache": str(folder / "cache.db"),
        "backends": [{"name": "lexical", "kind": "lexical"},
                     {"name": "served", "kind": "openai", "url": "http://127.0.0.1:9/v1",
                      "serve": {"command": ["sleep", "1000"], "ready": "http://127.0.0.1:9/"}}]})
    (folder / "panel.yaml").write_text(PANEL)
    (folder / "items.jsonl").write_text("".join(
        json.dumps({"prompt": "p", "response": f"a {n}", "reference": "a"}) + "\n"
        for n in range(50)))
    sent = run("assize", "submit", folder / "panel.yaml", folder / "items.jsonl", "--to", to)
    assert sent.returncode == 0, sent.stderr + coordinator.log.read_text()
    assert run("assize", "watch", sent.stdout.strip(), "--to", to).returncode == 0
    assert worker.stop() == 0, worker.log.read_text()
    assert coordinator.stop() == 0, coordinator.log.read_text()
