"""The files for batch systems: their configurations are right, their scripts say
what they miss, and a worker of an array ends when its job is told to."""

import os
import signal
import subprocess

import pytest
import yaml

from conftest import BUILD, DEADLINE_S, ROOT
from programs import run

SLURM = ROOT / "systemd/slurm"


@pytest.fixture
def keys(tmp_path):
    """worker.secret and server.public."""
    folder = tmp_path / "keys"
    for name in ("worker", "server"):
        made = run("assize", "keygen", folder, "--name", name)
        assert made.returncode == 0, made.stderr
    return folder


def environ(tmp_path, keys):
    return {**os.environ, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(tmp_path),
            "KEYS": str(keys), "COORDINATOR": "tcp://127.0.0.1:9", "SLURM_JOB_ID": "4711",
            "SLURM_ARRAY_TASK_ID": "3"}


def test_slurm_configuration(tmp_path, keys):
    said = run("assize-worker", "--check-config", "-c", SLURM / "worker.yaml", SCRATCH=str(tmp_path),
               PORT="8000", WORKER="slurm-4711_3", **{k: v for k, v in environ(tmp_path, keys).items() if k not in os.environ})
    assert (said.returncode, said.stderr) == (0, "")


def test_slurm_script_ends_its_worker(tmp_path, keys):
    """As with --signal=B:TERM@120: the script is told, which has become the worker."""
    text = (SLURM / "worker.yaml").read_text()
    config = tmp_path / "worker.yaml"
    config.write_text(text[:text.index("backends:")] +
                      "backends: [{name: lexical, kind: lexical}]\n")
    job = subprocess.Popen(["bash", SLURM / "workers.sbatch"], stderr=subprocess.PIPE, text=True,
                           stdin=subprocess.DEVNULL,
                           env={**environ(tmp_path, keys), "CONFIG": str(config)})
    assert "worker started: worker=slurm-4711_3" in job.stderr.readline()
    job.send_signal(signal.SIGTERM)
    said = job.communicate(timeout=DEADLINE_S)[1]
    assert job.returncode == 0
    assert said.splitlines()[-1].endswith("Z info stopped")
    scratch = tmp_path / f"assize-{os.getuid()}"
    assert scratch.stat().st_mode & 0o777 == 0o700


def test_slurm_script_says_what_it_misses(tmp_path):
    said = subprocess.run(["bash", SLURM / "workers.sbatch"], env={"PATH": os.environ["PATH"]},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S)
    assert said.returncode != 0
    assert "COORDINATOR" in said.stderr


def test_slurm_script_wants_a_folder_of_its_own(tmp_path, keys):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"assize-{os.getuid()}").symlink_to("elsewhere")
    said = subprocess.run(["bash", SLURM / "workers.sbatch"], env=environ(tmp_path, keys),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S)
    assert said.returncode == 73
    assert "no folder of this user's own" in said.stderr


def test_kubernetes_configuration(tmp_path, keys):
    """The worker's, as the manifest holds it; nothing here knows manifests themselves."""
    text = (ROOT / "systemd/kubernetes/worker.yaml").read_text()
    first = next(yaml.safe_load_all(text))["data"]["worker.yaml"]
    config = tmp_path / "worker.yaml"
    config.write_text(first.replace("/run/keys", str(keys)))
    said = run("assize-worker", "--check-config", "-c", config, POD_NAME="assize-worker-x1",
               OPENAI_API_KEY="sk-none")
    assert (said.returncode, said.stderr) == (0, "")
