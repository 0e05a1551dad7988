"""A Slurm of a test: munged, slurmctld and two node daemons on this machine, all in
one folder, on ports of their own. Nothing of an installed Slurm's configuration is
read or changed."""

import os
import select
import shutil
import socket
import subprocess
import time

from conftest import DEADLINE_S
from services import free_port

NODES = ("n1", "n2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo")
CONF = """
ClusterName=assize
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
# Short, for a job that is requeued starts no sooner than its credential has expired.
AuthInfo=socket={dir}/munge,cred_expire=5
StateSaveLocation={dir}/state
SlurmctldPidFile={dir}/slurmctld.pid
SlurmctldLogFile={dir}/slurmctld.log
SlurmdSpoolDir={dir}/%n
SlurmdPidFile={dir}/%n.pid
SlurmdLogFile={dir}/%n.log
# At a preemption the signal that a job asked for, as at the end of its time.
SlurmctldParameters=preempt_send_user_signal
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=20
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 Gres=gpu:1
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 Gres=gpu:1
PartitionName=spare Nodes=n1,n2 Default=YES PriorityTier=1 GraceTime=60
PartitionName=brief Nodes=n1,n2 PriorityTier=1 GraceTime=0
PartitionName=urgent Nodes=n1,n2 PriorityTier=2 PreemptMode=OFF
"""


def missing():
    """Why there can be no Slurm here; None: there can."""
    if os.geteuid() != 0:
        return "Slurm's daemons want root"
    absent = [p for p in PROGRAMS if not shutil.which(p)]
    return f"not installed: {' '.join(absent)}" if absent else None


class Slurm:
    def __init__(self, folder):
        self.folder, self.daemons, self.serves = folder, [], False
        self.conf = folder / "slurm.conf"
        folder.mkdir()
        host = socket.gethostname().split(".")[0]
        self.conf.write_text(CONF.format(dir=folder, host=host, ports=[free_port() for _ in "cnn"]))
        (folder / "gres.conf").write_text(
            "".join(f"NodeName={n} Name=gpu File=/dev/null\n" for n in NODES))
        for name in ("state", *NODES):
            (folder / name).mkdir()
        key = folder / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)

    def start(self):
        """Until both nodes wait for jobs; RuntimeError: why they don't."""
        d = self.folder
        self._daemon("munged", "--foreground", "--force", f"--socket={d}/munge",
                     f"--key-file={d}/key", f"--pid-file={d}/munged.pid", f"--seed-file={d}/seed")
        self._until(lambda: (d / "munge").exists(), "munged")
        self._daemon("slurmctld", "-D", "-f", self.conf)
        for node in NODES:
            self._daemon("slurmd", "-D", "-N", node, "-f", self.conf)
        self._until(lambda: self._run("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").stdout.split()
                    == sorted(NODES * 3), "the nodes")  # once for each partition
        self.serves = True

    def _daemon(self, *argv):
        with open(self.folder / "daemons.log", "a") as log:
            self.daemons.append(subprocess.Popen(
                [*map(str, argv)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, "SLURM_CONF": str(self.conf)}))

    def _until(self, true, what):
        ends = time.monotonic() + DEADLINE_S
        while not true():
            ended = self._ended(0.05)
            if ended or time.monotonic() > ends:
                raise RuntimeError(f"waited for {what}; ended: {ended}; "
                                   + (self.folder / "daemons.log").read_text()[-2000:])

    def _ended(self, within_s):
        """The daemons that have; looks so long."""
        fds = {os.pidfd_open(d.pid): d.args[0] for d in self.daemons}
        ready = select.select(fds, [], [], within_s)[0]
        for fd in fds:
            os.close(fd)
        return [fds[fd] for fd in ready]

    def _run(self, *argv, **more):
        return subprocess.run([*map(str, argv)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S,
                              **{"env": {**os.environ, "SLURM_CONF": str(self.conf)}, **more})

    def command(self, *argv, **more):
        run = self._run(*argv, **more)
        assert run.returncode == 0, f"{argv}: {run.stderr}"
        return run.stdout.strip()

    def job(self, job):
        """What Slurm has of it: JobState, ExitCode, BatchHost and the like."""
        words = self.command("scontrol", "-o", "show", "job", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def until(self, job, state, deadline_s=2 * DEADLINE_S):
        """Look again and again until the job is in that state."""
        ends = time.monotonic() + deadline_s
        while (now := self.job(job))["JobState"] != state:
            assert time.monotonic() < ends, f"{job} is not {state}: {now}"
            assert not self._ended(0.1), "a daemon of Slurm has ended"
        return now

    def stop(self):
        """The jobs first, to the last process: those would outlive the daemons."""
        try:
            if self.serves:
                self._run("scancel", "--user=root")
                self._run("scancel", "--signal=KILL", "--full", "--user=root")
                self._until(lambda: not self._run("squeue", "-h").stdout, "the end of all jobs")
        finally:
            for daemon in self.daemons:
                daemon.kill()
                daemon.wait()
