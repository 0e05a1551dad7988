"""The commands of README.md, as typed."""

import re
import subprocess

import conftest


def test_the_first_panel_and_the_filter(world):
    readme = (conftest.ROOT / "README.md").read_text()
    blocks = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", readme, re.S | re.M) if not kind]
    typed = [b for b in blocks if re.search("^build/release/bin/assize (run|filter) ", b, re.M)]
    assert len(typed) == 2
    for block in typed:
        ran = subprocess.run(
            ["bash", "-euc", block.replace("build/release", str(conftest.BUILD))],
            cwd=world.folder,
            env=world.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=conftest.DEADLINE_S,
            check=False,
        )
        assert ran.returncode == 0, ran
    assert '"q2"' in world.path("kept.jsonl").read_text()

    shown = re.search("`build/release/bin/assize (show [^`]*)`", readme).group(1)
    case = world.assize(*shown.split())
    assert case.rc == 0 and "Jane Austen" in case.stdout, case

    # The verdict that the page shows is the one that comes.
    shown = re.search(r'^\{"id":"q1".*?"dissent":\[.*?\]', readme, re.S | re.M).group()
    verdict = conftest.read_jsonl(world.path("items.first.assize") / "verdicts.jsonl")[0]
    for field in ("label", "share", "how", "dissent"):
        assert f'"{field}":' in shown
    assert verdict["label"] == "A" and f'"share":{verdict["share"]},' in shown
    assert verdict["dissent"] == ["lexical/rouge_l"]
