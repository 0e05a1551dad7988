"""tools/demo: its second half, which runs the panel and draws the conclusion."""

import json
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


def bars(text):
    """{what a bar is of: its accuracy in percent}"""
    return {name: float(x) for name, x in re.findall(r"^(\S.*?) +[█·]+ +([\d.]+)% right", text, re.M)}


def test_majority_loses_and_the_demo_says_so(world):
    shown = demo(world)
    assert shown.returncode == 0, shown
    assert bars(shown.stdout.split("labels ──")[0]) == {"majority of 11": 53.0, "gpt-4 metrics": 80.3}
    assert "What to learn: 11 judges that vote are right 53% of the time" in shown.stdout
    assert "315 items: 276 decided, 39 abstained, 0 failed" in shown.stderr
    lost = re.search(r"assize show build/demo/llmbar (\S+)$", shown.stdout, re.M).group(1)
    case = world.assize("show", conftest.ROOT / "build/demo/llmbar", lost)
    assert case.rc == 0 and "gpt-4 metrics" in case.stdout, case
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_labels_mend_it_and_promises_are_tested(world):
    shown = demo(world)
    assert shown.returncode == 0, shown
    learnt = shown.stdout.split("labels ──")[1]
    accuracy = bars(learnt)
    assert accuracy["majority of 11"] < accuracy["gpt-4 metrics"] < accuracy["auto"]
    made = conftest.ROOT / "build/demo"
    assert json.loads((made / "auto.json").read_text())["items"] == 189  # 60 % of 315
    kept = json.loads((made / "promise.json").read_text())["guarantees"][0]["kept"]
    assert ("refused" in learnt) != kept
    wrong, share = re.search(r"(\d+) of these are\s+wrong \(([\d.]+)%\)", learnt).groups()
    assert 0 < int(wrong) < 189 and 0 < float(share) < 100
    assert "build/demo/report.html" in learnt
    assert "assize-report/1" in (made / "report.json").read_text()


def test_live_seats_the_model_that_answers(world):
    stub = world.stub(votes="A")
    shown = demo(world, "--live", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-stub", OPENAI_MODEL="some")
    assert shown.returncode == 0, shown
    assert "  - openai/some" in shown.stdout
    assert "openai/some" in shown.stderr.split("315 items")[1]
    assert stub.counts()["requests"] == 10  # five pairs in both orders
    assert "sk-stub" not in shown.stdout + shown.stderr
