"""assize-worker as a program: what it says before it starts, to whom it says that
it is ready, what it logs, and how it ends."""

import signal

import pytest

from programs import Program
from programs import run as run_program

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
    return run_program("assize-worker", *args)


@pytest.fixture
def service(tmp_path, config):
    started = Program("assize-worker", config(), tmp_path).start(WATCHDOG_USEC="200000")
    yield started
    started.close()


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
    service.told("WATCHDOG=1")
    assert service.term() == 0
    service.told("STOPPING=1")
    lines = service.lines
    assert lines[0].split(" ", 1)[1].startswith("info worker started: worker=gpu0 coordinator=ipc://")
    assert lines[-1].endswith("Z info stopped")


def test_read_again(service, config):
    config("name: [")
    service.signal(signal.SIGHUP)
    assert "why=" in service.said("the configuration is wrong, going on with the old one")
    config(GOOD.replace("gpu0", "gpu1"))
    service.signal(signal.SIGHUP)
    service.said("worker started: worker=gpu1")
    assert service.term() == 0
