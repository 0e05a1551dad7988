"""tools/demo: its second half, which runs the panel and draws the conclusion."""

import os
import re
import subprocess

import conftest


def demo(world, *args, **env):
    """tools/demo.py with nobody else's servers or keys in sight."""
    return subprocess.run(
        ["/usr/bin/python3", "tools/demo.py", *args],
        cwd=conftest.ROOT,
        env={
            **world.environment(env),
            "ASSIZE_BUILD": os.environ.get("ASSIZE_BUILD", "build/release"),
            "COLUMNS": "80",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=conftest.DEADLINE_S,
        check=False,
    )


def test_majority_loses_and_the_demo_says_so(world):
    shown = demo(world)
    assert shown.returncode == 0, shown
    accuracy = dict(re.findall(r"^(majority of 11|gpt-4 metrics) +[█·]+ +([\d.]+)%", shown.stdout, re.M))
    assert accuracy == {"majority of 11": "53.0", "gpt-4 metrics": "80.3"}
    assert "What to learn: 11 judges that vote are right 53% of the time" in shown.stdout
    assert "315 items: 276 decided, 39 abstained, 0 failed" in shown.stderr
    lost = re.search(r"assize show build/demo/llmbar (\S+)$", shown.stdout, re.M).group(1)
    case = world.assize("show", conftest.ROOT / "build/demo/llmbar", lost)
    assert case.rc == 0 and "gpt-4 metrics" in case.stdout, case
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_live_seats_the_model_that_answers(world):
    stub = world.stub(votes="A")
    shown = demo(world, "--live", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-stub", OPENAI_MODEL="some")
    assert shown.returncode == 0, shown
    assert "  - openai/some" in shown.stdout
    assert "openai/some" in shown.stderr.split("315 items")[1]
    assert stub.counts()["requests"] == 10  # five pairs in both orders
    assert "sk-stub" not in shown.stdout + shown.stderr
