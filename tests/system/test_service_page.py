"""The first commands of docs/service.md, as typed."""

import os
import re
import subprocess

import conftest


def blocks(page):
    return re.findall(r"^```\n(.*?)^```", (conftest.ROOT / page).read_text(), re.S | re.M)


def test_a_service_on_one_machine(world):
    first = next(b for b in blocks("README.md") if "cat > first.yaml" in b)
    service = next(b for b in blocks("docs/service.md") if "cd demo" in b)
    files = first.split("build/release/bin/assize")[0]
    typed = files + service + "kill -TERM $(jobs -p); wait\n"
    environment = world.environment()
    environment["PATH"] = f"{(conftest.BUILD / 'bin').resolve()}:{os.environ['PATH']}"
    environment.pop("ASSIZE_ENDPOINT", None)
    ran = subprocess.run(
        ["bash", "-euc", typed],
        cwd=world.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * conftest.DEADLINE_S,
        check=False,
    )
    assert ran.returncode == 0, ran
    assert ran.stdout.splitlines()[0] == "1"
    assert '"q1"' in ran.stdout and '"q2"' in ran.stdout
