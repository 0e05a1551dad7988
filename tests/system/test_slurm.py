"""Workers as a job array under a real Slurm: they come, judge, and leave in order however
Slurm ends them, by systemd/slurm/workers.sbatch as it is.

Skipped without root and Slurm, which a machine should not get by setting up for other tests: its
packages enable daemons. To have it, as root:

    apt-get install --no-install-recommends munge slurmctld slurmd slurm-client

The model server is assize-stub, started by the worker on the port of its task."""

import json
import re
import shutil
import time

import pytest

from chat import pairs, requests
from conftest import BUILD, DEADLINE_S, ROOT, Stub
from services import Service
from slurm import NODES, Slurm, missing

pytestmark = pytest.mark.slow
ITEMS = 500
SCRIPTS = ROOT / "systemd/slurm"
PANEL = """
question: {kind: pair, ask: Which is better?}
judges: [{name: j0, backend: gpu, model: Qwen/Qwen3-8B, orders: one}]
"""


class Served(Stub):
    """The stub that a task's worker started."""

    def __init__(self, job_id):
        self.host, self.port = "127.0.0.1", 20000 + int(job_id) % 12000


@pytest.fixture
def slurm(tmp_path):
    if why := missing():
        pytest.skip(f"no Slurm: {why}")
    s = Slurm(tmp_path / "slurm")
    try:
        s.start()
    except RuntimeError as why:
        s.stop()
        pytest.skip(f"no Slurm: {why}")
    yield s
    s.stop()


@pytest.fixture
def service(world):
    s = Service(world, keys=True)
    yield s
    s.close()


class Workers:
    """A job array of workers: two, on two nodes, unless told otherwise."""

    def __init__(self, world, slurm, service, *options):
        self.world, self.slurm, self.service = world, slurm, service
        shutil.copy(service.keys / "gpu.secret", service.keys / "worker.secret")
        world.write("worker.yaml", self._config())
        environ = {**world.environment(), "COORDINATOR": service.workers,
                   "KEYS": str(service.keys), "TMPDIR": str(world.folder)}
        environ["PATH"] = f"{BUILD / 'bin'}:{environ['PATH']}"
        self.array = slurm.command("sbatch", "--parsable", "--array=0-1", *options,
                                   SCRIPTS / "workers.sbatch", cwd=world.folder,
                                   env={**environ, "SLURM_CONF": str(slurm.conf)})
        self.until("both are here", lambda: self.here(ready=True) == [self.name(0), self.name(1)])

    def _config(self):
        """worker.yaml as it is, with a stub for vLLM."""
        text, vllm = (SCRIPTS / "worker.yaml").read_text(), "[vllm, serve, Qwen/Qwen3-8B, "
        assert vllm in text
        log = self.world.path("asked.${PORT}")
        return text.replace(vllm, f'[{BUILD}/tests/assize-stub, --delay, "2", --log, "{log}", ')

    def task(self, i):
        return f"{self.array}_{i}"

    def name(self, i):
        return f"slurm-{self.task(i)}"

    def stub(self, i):
        return Served(self.slurm.job(self.task(i))["JobId"])

    def log(self, i):
        return self.world.path(f"assize-worker-{self.task(i)}.log").read_text()

    def here(self, ready=False):
        """The names of those that the coordinator knows; or only where the server answers."""
        run = self.service.assize("workers", "--json")
        assert run.rc == 0, run
        return sorted(w["name"] for w in map(json.loads, run.stdout.splitlines())
                      if not ready or any(b["credit"] or b["held"] for b in w["backends"]))

    def until(self, what, true):
        """Look again and again until it is."""
        ends = time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < ends, f"not so: {what}"

    def asked(self):
        """The items that each model server was asked about."""
        return [re.search(r"#id:(q\d+)#", json.dumps(row["body"])).group(1)
                for log in self.world.folder.glob("asked.*") for row in requests(log)]


@pytest.fixture
def job(world, slurm, service):
    """Workers, and a job that waits for the answers to its first questions."""
    return begin(world, slurm, service)


def begin(world, slurm, service, *options):
    workers = Workers(world, slurm, service, *options)
    for i in (0, 1):
        workers.stub(i).control(hold=True)
    number = service.submit(PANEL, pairs(ITEMS))
    for i in (0, 1):
        workers.stub(i).wait(in_flight=10)
    return workers, number


def judged(job):
    """To its end, by those who are left; nobody's silence was waited for."""
    workers, number = job
    assert workers.service.assize("watch", number).rc == 0
    status = workers.service.status(number)
    assert (status["decided"], status["failed"]) == (ITEMS, 0), status
    assert not any("silent" in line for line in workers.service.coordinator.lines)


def assert_asked_once(workers):
    assert sorted(workers.asked()) == sorted(f"q{i}" for i in range(ITEMS))


def test_both_judge(job, slurm):
    workers, _ = job
    assert {slurm.job(workers.task(i))["BatchHost"] for i in (0, 1)} == set(NODES)
    for i in (0, 1):
        workers.stub(i).control(hold=False)
    judged(job)
    assert_asked_once(workers)


def test_told_alone(job, slurm):
    """As before the end of its time: its calls end, the rest is the other's, nothing is
    asked twice."""
    workers, _ = job
    slurm.command("scancel", "--batch", "--signal=TERM", workers.task(0))
    workers.until("it is told", lambda: "stopping" in workers.log(0))
    for i in (0, 1):
        workers.stub(i).control(hold=False)
    ended = slurm.until(workers.task(0), "COMPLETED")
    assert ended["ExitCode"] == "0:0"
    assert workers.log(0).endswith(" stopped\n")
    judged(job)
    assert_asked_once(workers)


def test_cancelled(job, slurm):
    """The model server is told too, so calls are cut; the worker leaves and says so."""
    workers, _ = job
    slurm.command("scancel", workers.task(0))
    slurm.until(workers.task(0), "CANCELLED")
    assert workers.log(0).endswith(" stopped\n")
    workers.stub(1).control(hold=False)
    judged(job)


def test_time_is_up(world, slurm, service):
    """Slurm's own --signal, of the script: what test_told_alone does by hand."""
    job = workers, _ = begin(world, slurm, service, "--time=1")
    workers.until("they are told", lambda: all("stopping" in workers.log(i) for i in (0, 1)))
    for i in (0, 1):
        workers.stub(i).control(hold=False)
    for i in (0, 1):
        assert slurm.until(workers.task(i), "COMPLETED")["ExitCode"] == "0:0"
        assert workers.log(i).endswith(" stopped\n")
    Workers(world, slurm, service)
    judged(job)
    assert_asked_once(workers)


def test_requeued(job, slurm):
    """It leaves, and comes back under its name; its log goes on."""
    workers, _ = job
    slurm.command("scontrol", "requeue", workers.task(0))
    workers.until("it is gone", lambda: workers.here() == [workers.name(1)])
    workers.until("it is back", lambda: workers.here() == [workers.name(0), workers.name(1)])
    assert slurm.job(workers.task(0))["Restarts"] == "1"
    assert " stopped\n" in workers.log(0)
    workers.stub(1).control(hold=False)  # the other's is a new one
    judged(job)


def more_urgent(world, slurm):
    """A job that preempts the worker of its node, which is the first."""
    script = world.write("urgent.sh", "#!/bin/sh\n")
    return slurm.command("sbatch", "--parsable", "--partition=urgent", "--nodelist=n1",
                         "--exclusive", script, cwd=world.folder)


def test_preempted_without_grace(world, slurm, service):
    """Slurm tells it twice in one breath, by --signal and by what ends it."""
    job = workers, _ = begin(world, slurm, service, "--partition=brief")
    slurm.until(more_urgent(world, slurm), "COMPLETED")
    assert slurm.job(workers.task(0))["Restarts"] == "1"
    assert workers.log(0).endswith(" stopped\n")
    workers.stub(1).control(hold=False)
    judged(job)


def test_preempted(job, slurm, world):
    """With a time of grace, and slurmctld told to send --signal at its beginning."""
    workers, _ = job
    urgent = more_urgent(world, slurm)
    workers.until("it is told", lambda: "stopping" in workers.log(0))
    for i in (0, 1):
        workers.stub(i).control(hold=False)
    slurm.until(urgent, "COMPLETED")
    assert slurm.job(workers.task(0))["JobState"] == "COMPLETED"  # so it is not requeued
    assert workers.log(0).endswith(" stopped\n")
    judged(job)
    assert_asked_once(workers)
