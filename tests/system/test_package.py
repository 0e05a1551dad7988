"""The Debian package, made and installed into a fresh system: programs, units,
user and pages are there, and the programs run with what the package asks for."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

LIMIT_S = 1200  # a mirror may be slow
pytestmark = pytest.mark.slow

# A mirror may be a frozen one.
APT = ["-q", "-y", "-o", "Acquire::Check-Valid-Until=false", "-o", "Acquire::Check-Date=false"]


def run(*argv, **more):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=LIMIT_S, **more)


def must(*argv, **more):
    done = run(*argv, **more)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


def inside(root, *argv, **more):
    """A command in the new system, with a /proc of its own that ends with it."""
    return must("unshare", "--mount", "--pid", "--fork", f"--mount-proc={root}/proc", "chroot",
                str(root), *argv, **more)


def mirror():
    """Where this machine has its packages from, if that is a mirror of Debian 12."""
    files = [pathlib.Path("/etc/apt/sources.list")]
    files += sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))
    for path in files:
        lines = path.read_text().splitlines() if path.is_file() else []
        for line in lines:
            found = re.match(r"(?:deb(?: \[.*\])?|URIs:) (https?://\S+/debian/?)(?:\s|$)", line)
            if found:
                return found.group(1)
    return None


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can make a system to install into")
    for program in ("debootstrap", "unshare", "chroot", "dpkg-shlibdeps"):
        if not shutil.which(program):
            pytest.skip(f"no {program}")
    if not mirror():
        pytest.skip("no mirror of Debian in /etc/apt")
    package = pathlib.Path(must(str(ROOT / "tools/package"), cwd=ROOT).split()[-1])
    root = tmp_path_factory.mktemp("package") / "root"
    made = run("debootstrap", "--variant=minbase", "--include=systemd", "bookworm", str(root),
               mirror())
    if made.returncode:
        pytest.skip(f"debootstrap: {made.stdout[-500:]}")
    shutil.copy(ROOT / package, root / "assize.deb")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    if run("chroot", str(root), "apt-get", *APT, "update").returncode:
        pytest.skip("the mirror can't be reached from a fresh system")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    inside(root, "apt-get", *APT, "install", "--no-install-recommends", "/assize.deb",
           env=environ)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.parametrize("program", ["assize", "assize-coordinator", "assize-worker"])
def test_programs_run(root, program):
    assert re.fullmatch(rf"{program} \d+\.\d+\.\d+\n",
                        inside(root, f"/usr/bin/{program}", "--version"))


def test_panel_runs(root):
    """A whole run, by a judge that needs no network."""
    (root / "items.jsonl").write_text('{"prompt": "p", "response": "a b", "reference": "a b"}\n')
    panel = "/usr/share/assize/panels/overlap-reference.yaml"
    inside(root, "assize", "run", panel, "/items.jsonl", "--job", "/job")
    assert '"status":"decided"' in (root / "job/verdicts.jsonl").read_text()


def test_configuration_is_checked(root):
    (root / "etc/assize/worker-one.yaml").write_text(
        "name: one\ncoordinator: ipc:///run/assize/workers\n"
        "backends: [{name: lexical, kind: lexical}]\n")
    inside(root, "assize-worker", "--config", "/etc/assize/worker-one.yaml",
         "--check-config")
    (root / "etc/assize/coordinator.yaml").write_text(
        "state: /var/lib/assize\nclients: ipc:///run/assize/clients\n"
        "workers: ipc:///run/assize/workers\n")
    inside(root, "assize-coordinator", "--check-config")


def test_user_and_folders(root):
    assert re.search(r"^assize:", (root / "etc/passwd").read_text(), re.M)
    for folder, mode in [("etc/assize", 0o750), ("var/lib/assize", 0o700), ("etc/credstore", 0o700)]:
        assert (root / folder).stat().st_mode & 0o777 == mode, folder


def test_units_are_right(root):
    said = inside(root, "systemd-analyze", "verify", "--man=no",
                "assize-coordinator.service", "assize-worker@one.service")
    assert said == ""


def test_removed(root):
    """Last: nothing of the package stays but what is the user's own."""
    inside(root, "apt-get", *APT, "purge", "assize",
         env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    assert not (root / "usr/bin/assize").exists()
    assert not (root / "usr/lib/systemd/system/assize-coordinator.service").exists()
    assert (root / "etc/assize/worker-one.yaml").exists()
