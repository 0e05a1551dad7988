"""assize-worker as a program: what it says before it starts, to whom it says that
it is ready, what it logs, and how it ends."""

import os
import signal
import socket
import subprocess

import pytest

from conftest import BUILD, DEADLINE_S

WORKER = BUILD / "bin/assize-worker"
GOOD = """
name: gpu0
coordinator: ipc://{dir}/workers
backends: [{{name: lexical, kind: lexical}}]
"""


@pytest.fixture
def config(tmp_path):
    """Writes a configuration, gives its path."""

    def write(text=GOOD):
        path = tmp_path / "worker.yaml"
        path.write_text(text.format(dir=tmp_path))
        return path

    return write


def run(*args):
    return subprocess.run([WORKER, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S)


class Service:
    """A running worker, and the socket on which it tells systemd of itself."""

    def __init__(self, tmp_path, config):
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.settimeout(DEADLINE_S)
        self.heard.bind(str(tmp_path / "notify"))
        environ = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        self.process = subprocess.Popen([WORKER, "--config", config], env=environ, text=True,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def until(self, state):
        while True:
            said = self.heard.recv(4096).decode()
            if said.startswith(state):
                return said

    def logs(self, text):
        """The line that has `text`; fails when the program ends without it."""
        for line in self.process.stderr:
            if text in line:
                return line
        raise AssertionError(f"it never said '{text}'")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=DEADLINE_S)[1]
        return self.process.returncode, said


@pytest.fixture
def service(tmp_path, config):
    started = Service(tmp_path, config())
    yield started
    started.process.kill()
    started.process.communicate()


def test_help_and_version():
    said = run("--help")
    assert said.returncode == 0
    assert all(option in said.stdout for option in ("--config", "--check-config", "SIGHUP"))
    assert run("--version").stdout.startswith("assize-worker ")
    assert run("--confg").returncode == 64


def test_configuration_is_checked(config):
    good = run("--check-config", "--config", str(config()))
    assert (good.returncode, good.stdout, good.stderr) == (0, "all is right\n", "")

    bad = run("--check-config", "--config", str(config(GOOD.replace("coordinator", "cordinator"))))
    assert bad.returncode == 78
    assert "line 3: unrecognized key 'cordinator'" in bad.stderr
    assert "Did you mean 'coordinator'?" in bad.stderr

    keyed = GOOD.replace("kind: lexical", 'kind: openai, key: "file:/no/such/key"')
    assert "/no/such/key" in run("--check-config", "-c", str(config(keyed))).stderr
    assert run("--check-config", "--config", "/no/such.yaml").returncode == 78


def test_ready_alive_and_stopped(service):
    """A coordinator that is not there is waited for, and is no reason not to be ready."""
    service.until("READY=1")
    service.until("WATCHDOG=1")
    code, said = service.stop()
    service.until("STOPPING=1")
    assert code == 0
    lines = said.splitlines()
    assert lines[0].startswith("<6>worker started: worker=gpu0 coordinator=ipc://")
    assert lines[-1] == "<6>stopped"


def test_read_again(service, config):
    service.until("READY=1")
    config("name: [")
    service.process.send_signal(signal.SIGHUP)
    assert "why=" in service.logs("the configuration is wrong, going on with the old one")
    config(GOOD.replace("gpu0", "gpu1"))
    service.process.send_signal(signal.SIGHUP)
    service.logs("worker started: worker=gpu1")
    assert service.stop()[0] == 0
