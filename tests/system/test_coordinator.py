"""assize-coordinator as a program: what it says before it starts, to whom it says
that it is ready, its page for monitoring, and how it ends. What it does with jobs
is told by the tests of the service."""

import http.client
import json
import signal
import socket

import pytest

from conftest import DEADLINE_S
from programs import Program, run

PANEL = """
question: {kind: score, scale: [0, 1]}
judges: [lexical/token_f1]
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def config(tmp_path, port):
    """Writes a configuration with more lines, gives its path."""

    def write(more=""):
        path = tmp_path / "coordinator.yaml"
        path.write_text(f"state: state\nclients: ipc://{tmp_path}/clients\n"
                        f"workers: ipc://{tmp_path}/workers\nhttp: {port}\n{more}")
        return path

    return write


@pytest.fixture
def service(tmp_path, config):
    started = Program("assize-coordinator", config(), tmp_path).start(WATCHDOG_USEC="200000")
    yield started
    started.close()


@pytest.fixture
def worker(tmp_path, service):
    path = tmp_path / "worker.yaml"
    path.write_text(f"name: w\ncoordinator: ipc://{tmp_path}/workers\n"
                    "backends: [{name: lexical, kind: lexical}]\n")
    started = Program("assize-worker", path, tmp_path).start()
    yield started
    started.close()


def get(port, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_help_and_version():
    said = run("assize-coordinator", "--help")
    assert said.returncode == 0
    assert all(word in said.stdout for word in ("--check-config", "SIGHUP", "exit status"))
    assert run("assize-coordinator", "--version").stdout.startswith("assize-coordinator ")
    assert run("assize-coordinator", "--config").returncode == 64


def test_configuration_is_checked(config):
    good = run("assize-coordinator", "--check-config", "-c", config())
    assert (good.returncode, good.stdout, good.stderr) == (0, "all is right\n", "")

    for more, what in [("job_open: 3\n", "line 5: unrecognized key 'job_open'"),
                       ("principals: none\n", "none"), ("key: none\n", "none")]:
        bad = run("assize-coordinator", "--check-config", "-c", config(more))
        assert bad.returncode == 78, bad
        assert what in bad.stderr


def test_a_job_and_the_page(service, worker, tmp_path, port):
    (tmp_path / "panel.yaml").write_text(PANEL)
    (tmp_path / "items.jsonl").write_text("".join(
        json.dumps({"id": str(n), "prompt": "p", "response": "a b", "reference": "a b"}) + "\n"
        for n in range(20)))
    to = f"ipc://{tmp_path}/clients"
    sent = run("assize", "submit", tmp_path / "panel.yaml", tmp_path / "items.jsonl", "--to", to)
    assert sent.returncode == 0, sent.stderr
    job = sent.stdout.strip()
    assert run("assize", "watch", job, "--to", to).returncode == 0
    lines = run("assize", "results", job, "--to", to).stdout.splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["decided"] * 20

    while 'assize_backend_ballots_total{backend="lexical"} 20\n' not in get(port, "/metrics")[1]:
        pass  # its figures are a second old
    text = get(port, "/metrics")[1]
    assert "assize_workers 1\n" in text
    assert "assize_items_decided_total 20\n" in text
    assert "assize_commit_seconds_count 0\n" not in text
    assert get(port, "/healthz") == (200, "ok\n")
    assert get(port, "/jobs")[0] == 404
    assert get(port, "/metrics", "POST")[0] == 405


def test_alive_and_stopped(service):
    service.told("WATCHDOG=1")
    assert service.term() == 0
    service.told("STOPPING=1")
    lines = service.lines
    assert lines[0].split(" ", 1)[1].startswith("info coordinator started: clients=ipc://")
    assert lines[-1].endswith("Z info stopped")


def test_read_again(service, config):
    config("jobs_open: many\n")
    service.signal(signal.SIGHUP)
    assert "'jobs_open'" in service.said("the configuration is wrong, going on with the old one")
    config("jobs_open: 2\nsilence_ms: 2000\n")
    service.signal(signal.SIGHUP)
    assert "config_key=silence_ms" in service.said("needs a restart")
    service.said("settings read again: jobs_open=2")
    assert service.term() == 0


def test_one_a_state(service, config, tmp_path):
    other = config().read_text().replace("/clients", "/clients2").replace("/workers", "/workers2")
    (tmp_path / "other.yaml").write_text(other)
    second = run("assize-coordinator", "-c", tmp_path / "other.yaml")
    assert second.returncode == 75
    assert "can't go on" in second.stderr


def test_keys_are_asked_for_over_tcp(tmp_path):
    path = tmp_path / "open.yaml"
    path.write_text("state: s\nclients: tcp://*:5600\nworkers: tcp://*:5601\n")
    said = run("assize-coordinator", "--check-config", "-c", path)
    assert said.returncode == 78
    assert "line 2: 'clients' is tcp://, and there is no 'key'" in said.stderr
    assert "assize keygen" in said.stderr
