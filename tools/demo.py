#!/usr/bin/env python3
"""The second half of tools/demo: run the panel, and put the plain majority
beside the best single judge. Every figure is read from the run's summary.json.

tools/demo.py [--live]; the program is taken from ASSIZE_BUILD (build/release).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("ASSIZE_BUILD", "build/release"))
PANEL = pathlib.Path("examples/llmbar/panel.yaml")
ITEMS = pathlib.Path("examples/llmbar/items.jsonl")
DEMO = pathlib.Path("build/demo")
LIVE_ITEMS = 5
# Recorded answers come at once; so slow that the progress line can be read.
SLOW = ["--set", "backends.recorded.delay_ms=20", "--set", "backends.recorded.slots=32"]

WIDTH = min(shutil.get_terminal_size((80, 24)).columns, 100)
COLOR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def style(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOR else text


def heading(text):
    print(style("1", f"\n── {text} " + "─" * (WIDTH - len(text) - 4)))


def say(text):
    print(textwrap.fill(" ".join(text.split()), WIDTH))


def run(panel, job, *options):
    """`assize run`, with what it prints on the terminal; its summary."""
    shutil.rmtree(job, ignore_errors=True)
    DEMO.mkdir(parents=True, exist_ok=True)
    print(style("2", f"$ assize run {panel} {ITEMS} \\\n      --job {job}"), flush=True)
    command = [BUILD / "bin/assize", "run", panel, ITEMS, "--job", job, *options]
    rc = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if rc:
        sys.exit(rc)
    return json.loads((job / "summary.json").read_text())


def bar(name, figures, color):
    """One line: a name, a bar of its accuracy, and the accuracy as shares."""
    length = WIDTH - 52
    full = round(figures["accuracy"] * length)
    filled = style(color, "█" * full) + style("2", "·" * (length - full))
    print(
        f"{name:<22} {filled} {figures['accuracy']:6.1%} right, "
        f"{figures['accuracy_shared']:.1%} 1/k"
    )


def compare(summary):
    """The plain majority beside the best single judge."""
    judges, panel = summary["judges"], summary["panel"]
    best = max(judges, key=lambda j: j["accuracy"])
    beaten = best["accuracy"] > panel["accuracy"]
    heading("a plain majority, and the best of its judges alone")
    bar(f"majority of {len(judges)}", panel, "31" if beaten else "32")
    bar(best["name"], best, "32")
    votes = summary["agreement"]["effective_votes"]
    print()
    say(
        f"""right: the one answer that is correct, where a judge must say so in both orders and an
        abstention counts as wrong. 1/k: half for a judge that goes with the order, and for an
        abstention its judges' share. n {panel['n']}. Which judge is the best is known only because
        these items have labels."""
    )
    print()
    if not beaten:
        say("The majority is at least as good as each of its judges here.")
        return
    say(
        f"""What to learn: {len(judges)} judges that vote are right {panel['accuracy']:.0%} of the
        time where one of them alone is right {best['accuracy']:.0%}, because most of them fall
        for the same answers (together they are worth {votes:.1f} independent votes, not
        {len(judges)}); weights learnt from a few labelled items mend that, and are the next part
        of assize to come."""
    )


def first_lost():
    """The id of the first item whose verdict is the wrong answer; None: there is none."""
    with ITEMS.open() as items, (DEMO / "llmbar/verdicts.jsonl").open() as verdicts:
        for item, verdict in zip(map(json.loads, items), map(json.loads, verdicts)):
            if verdict["status"] == "decided" and verdict["label"] != item["gold"]:
                return item["id"]
    return None


def models_at(url, key=None):
    """Names of the models that an OpenAI-compatible server has; None: no such server."""
    request = urllib.request.Request(url.rstrip("/") + "/models")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=2) as response:
            return [str(m["id"]) for m in json.load(response)["data"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def seats():
    """[(judge as a panel names it, where it was found)]: what answers here."""
    key, url = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    named = os.environ.get("OPENAI_MODEL")
    found = []
    if url:
        models = models_at(url, key)
        if named or models:
            found.append((f"openai/{named or models[0]}", "OPENAI_BASE_URL"))
    elif key:
        found.append((f"openai/{named or 'gpt-4o-mini'}", "OPENAI_API_KEY"))
    for backend, port in (("llama-server", 8080), ("ollama", 11434)):
        models = models_at(f"http://127.0.0.1:{port}/v1")
        if models:
            found.append((f"{backend}/{models[0]}", f"{backend} on port {port}"))
    return found


def live_panel(judge):
    """The example's panel with one seat more, as a file of its own."""
    text = PANEL.read_text().replace("file: ballots.tsv", f"file: {ROOT / PANEL.parent}/ballots.tsv")
    path = DEMO / "live.yaml"
    path.write_text(text.replace("\njudges:\n", f"\njudges:\n  - {json.dumps(judge)}\n"))
    return path


def seat_a_model(live):
    heading("a model of your own on the bench")
    found = seats()
    if not found:
        say(
            """None answers here. Set OPENAI_API_KEY (or OPENAI_BASE_URL for any server that speaks
            the same API), or start llama-server or Ollama, and run tools/demo --live. In a panel
            a judge is one line under judges:, for example"""
        )
        print("\n  - openai/gpt-4o-mini\n  - ollama/llama3.2")
        return
    for judge, where in found:
        print(f"{where}: to seat it, add under judges: in {PANEL}\n\n  - {judge}\n")
    if not live:
        say(f"tools/demo --live does that now and asks about {LIVE_ITEMS} items, in both orders.")
        return
    DEMO.mkdir(parents=True, exist_ok=True)
    run(
        live_panel(found[0][0]),
        DEMO / "live",
        "--limit",
        str(LIVE_ITEMS),
        "--cache",
        "none",
    )


def main():
    os.chdir(ROOT)
    heading("a panel of judges")
    say(
        """assize asks several judges about every item and makes one verdict of
        their ballots. Here: 315 pairs of answers to unusual instructions, one right and one that
        only looks it (LLMBar's case study). Five language models judge them, each under two
        prompts and in both orders; their answers were recorded. An eleventh judge prefers
        whatever is longer. The right answers are known, so every judge can be checked. (Each
        recorded answer is held back for 20 ms, so that there is something to see.)"""
    )
    print()
    compare(run(PANEL, DEMO / "llmbar", *SLOW))
    lost = first_lost()
    if lost:
        print(f"\nA case that the majority lost:\n\n  {BUILD}/bin/assize show {DEMO}/llmbar {lost}")
    seat_a_model(sys.argv[1:] == ["--live"])


if __name__ == "__main__":
    main()
