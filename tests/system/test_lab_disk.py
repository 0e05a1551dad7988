"""The disk of a coordinator fills up while it works, and is emptied again: what was
acknowledged is there, and the job goes on."""

import json
import os
import subprocess

import pytest

from chat import backend, pairs, panel
from test_crash import asked


class Disk:
    """A small file system of its own."""

    def __init__(self, path, megabytes):
        self.path, self.ballast = path, path / "ballast"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "assize", path],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def fill(self):
        """To the last byte, again and again: others may still free some."""
        with open(self.ballast, "ab", buffering=0) as f:
            for size in (1 << 20, 4096, 1):
                try:
                    while f.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

    def empty(self):
        self.ballast.unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)


@pytest.fixture
def disk(lab, world):
    if os.geteuid() != 0:
        pytest.skip("a file system of one's own needs root")
    try:
        d = Disk(world.path("disk"), 16)
    except (OSError, subprocess.CalledProcessError) as e:
        pytest.skip(f"no tmpfs can be mounted here: {e}")
    lab.at_end(d.close)
    return d


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
def test_a_full_disk_and_its_recovery(lab, world, disk, dies):
    """Or the coordinator is killed while it is full."""
    stub = world.stub(delay=20, reasoning="because " * 100)
    coordinator = lab.coordinator(state=str(disk.path / "state"))
    lab.worker("w0", [backend(stub, slots=8)])
    client = lab.client()
    before = client.submit(panel([]), pairs(5), name="before").done()
    job = client.submit(panel([], 2), pairs(300))
    following = client.start("results", job.id, "--follow", "--unordered")
    stub.wait(requests=100)
    disk.fill()
    info = job.until(lambda i: disk.fill() or i["state"] == "stopped")
    assert "full" in info["why"], info
    assert len(before.results()) == 5, "reading goes on"
    refused = client.run("submit", *client.files(panel([], 3), pairs(50), "later"),
                         "--timeout", "1")
    assert refused.rc != 0, refused
    stub.wait(below_in_flight=1)
    kept, counts = job.stored(), asked(stub)
    stub.control(delay=0)

    if dies:
        coordinator.kill9()
        disk.empty()
        coordinator.start()
    else:
        disk.empty()
        coordinator.said("the catalog can be written again")
    client.ok("resume", job.id)
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(300)]
    run = following.wait()  # to the stop, or over it where that was not written down
    followed = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.rc in (0, 75) and followed, run
    assert all(rows[int(row["id"][1:])] == row for row in followed)
    now = job.stored()
    assert all(now[key] == body for key, body in kept.items())
    again = [q for q in counts if q in {key[:2] for key in kept} and asked(stub)[q] > counts[q]]
    assert not again, "stored, and asked again"
    client.submit(panel([], 3), pairs(50), name="later").done()
    assert coordinator.running()
