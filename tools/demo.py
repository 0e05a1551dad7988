#!/usr/bin/env python3
"""The second half of tools/demo: run the panel, put the plain majority beside
the best single judge, and then learn from a labelled part what the judges are
worth. Every figure is read from JSON that a command wrote.

tools/demo.py [--live]; the program is taken from ASSIZE_BUILD (build/release).
"""

import json
import os
import pathlib
import random
import re
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
# What somebody would have labelled by hand: a random part of the items.
LABELLED, SEED = 0.4, 1
RISK = 0.05
SURE = 0.9  # shown where RISK can't be promised: what the panel would call sure
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


def assize(command, *args):
    """A command that asks nobody: shown, run, and told only where it fails."""
    words = " ".join(["$ assize", command, *map(str, args)])
    shown = textwrap.fill(
        re.sub(r"( --?[a-z-]+) (?!-)", r"\1\0", words),  # an option and its value stay on a line
        WIDTH - 2,
        subsequent_indent=" " * 6,
        break_on_hyphens=False,
        break_long_words=False,
    )
    print(style("2", shown.replace("\n", " \\\n").replace("\0", " ")), flush=True)
    done = subprocess.run(
        [BUILD / "bin/assize", command, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        sys.exit(done.returncode)
    return done.stdout


def bar(name, accuracy, told, color):
    """One line: a name, a bar of its accuracy, and what is told of it."""
    length = WIDTH - 52
    full = round(accuracy * length)
    filled = style(color, "█" * full) + style("2", "·" * (length - full))
    print(f"{name:<22} {filled} {accuracy:6.1%} right{told}")


def shared(figures):
    return f", {figures['accuracy_shared']:.1%} 1/k"


def interval(figures):
    return f" ({100 * figures['low']:.1f}–{100 * figures['high']:.1f})"


def compare(summary):
    """The plain majority beside the best single judge."""
    judges, panel = summary["judges"], summary["panel"]
    best = max(judges, key=lambda j: j["accuracy"])
    beaten = best["accuracy"] > panel["accuracy"]
    heading("a plain majority, and the best of its judges alone")
    color = "31" if beaten else "32"
    bar(f"majority of {len(judges)}", panel["accuracy"], shared(panel), color)
    bar(best["name"], best["accuracy"], shared(best), "32")
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
        {len(judges)}). Weights learnt from a few labelled items mend that: see below."""
    )


def write_items(path, items):
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def two_parts():
    """The items that count as labelled, and the others, as files."""
    items = [json.loads(line) for line in ITEMS.open()]
    chosen = set(random.Random(SEED).sample(range(len(items)), round(LABELLED * len(items))))
    parts = [i for n, i in enumerate(items) if n in chosen], [
        i for n, i in enumerate(items) if n not in chosen
    ]
    return (
        write_items(DEMO / "labelled.jsonl", parts[0]),
        write_items(DEMO / "held-out.jsonl", parts[1]),
        len(parts[0]),
    )


def decide(sources, items, name, *options):
    """`assize decide` over items; its summary. The verdicts are DEMO/NAME.jsonl."""
    summary = DEMO / f"{name}.json"
    out = ["-o", DEMO / f"{name}.jsonl", "--json-summary", summary]
    assize("decide", *sources, "--items", items, *options, *out)
    return json.loads(summary.read_text())


def wrong(name, items):
    """How many verdicts of DEMO/NAME.jsonl were decided, and how many of them wrongly."""
    gold = {item["id"]: item["gold"] for item in map(json.loads, items.open())}
    verdicts = map(json.loads, (DEMO / f"{name}.jsonl").open())
    decided = [v for v in verdicts if v["status"] == "decided"]
    return len(decided), sum(v["label"] != gold[v["id"]] for v in decided)


def panel_of(judge):
    """The example's panel with this judge alone."""
    lines = PANEL.read_text().splitlines(keepends=True)
    path = DEMO / "one.yaml"
    path.write_text(
        "".join(x for x in lines if not x.startswith("  - {") or f"name: {judge}," in x or "file:" in x)
    )
    return path


def learn_from_labels(job):
    """Majority, the best judge and `auto`, on items that none of them was chosen by."""
    labelled, held_out, n = two_parts()
    heading(f"the same ballots, with {n} labels")
    say(
        f"""Say that somebody labelled a random {LABELLED:.0%} of the items. From these the best
        judge is picked, and `auto` learns what every judge's vote is worth. All are scored on the
        items that were held out."""
    )
    print()
    majority = ["--by", "majority"]
    seen = decide([job], labelled, "majority-labelled", *majority)
    best = max(seen["judges"], key=lambda judge: judge["accuracy_shared"])["name"]
    assize("calibrate", job, "--items", labelled, "-o", DEMO / "auto-calibration.json")
    auto = ["--calibration", DEMO / "auto-calibration.json"]
    rows = [
        (f"majority of {len(seen['judges'])}", decide([job], held_out, "majority", *majority)),
        (best, decide([panel_of(best), job], held_out, "one")),
        ("auto", decide([job], held_out, "auto", *auto)),
    ]
    verdicts = [DEMO / "auto.jsonl", DEMO / "one.jsonl"]
    compared = json.loads(assize("compare", *verdicts, "--items", held_out, "--json"))
    print()
    for name, summary in rows:
        bar(name, summary["panel"]["accuracy"], interval(summary["panel"]), "32")
    gain = compared["accuracy_shared"]["difference"]
    print()
    say(
        f"""n {rows[0][1]["panel"]["n"]}, 95% intervals. {best} contradicts itself in the other order
        on {rows[1][1]["abstained"]} items, which is wrong above; where that counts as half, auto
        less {best} is {100 * gain["value"]:+.1f} points ({100 * gain["low"]:+.1f} to
        {100 * gain["high"]:+.1f})."""
    )
    return labelled, held_out, auto


def promise(job, labelled, held_out, auto):
    """What can be guaranteed of what is decided, and what came of it."""
    heading("can it be trusted?")
    path = DEMO / "promise.json"
    assize("calibrate", job, "--items", labelled, "--risk", str(RISK), "-o", path)
    made = json.loads(path.read_text())["guarantees"][0]
    if made["kept"]:
        options = ["--calibration", path, "--risk", str(RISK)]
        decide([job], held_out, "promised", *options)
        n, bad = wrong("promised", held_out)
        told = f"""At most {RISK:.0%} of what is decided is wrong: promised, with
            {1 - made["delta"]:.0%} confidence, for {made["coverage"]:.0%} of the items. Of those
            held out {n} were decided, and {bad} of these are wrong ({bad / max(n, 1):.1%})."""
    else:
        options = auto
        decide([job], held_out, "sure", *auto, "--abstain-below", str(SURE))
        n, bad = wrong("sure", held_out)
        cure = f"some {made['needed']} would do" if made["needed"] else "more of them would not help"
        told = f"""A promise that at most {RISK:.0%} of what is decided is wrong: refused. Of the
            labels {made["n"]} were kept for the test, and where the panel is surest it is wrong
            too often; {cure}. See for yourself: of the items held out auto gives {n} a probability
            of {SURE} or more, and {bad} of these are wrong ({bad / max(n, 1):.1%})."""
    print()
    say(told)
    return options


def report(job, held_out, options):
    heading("all of it on one page")
    page, figures = DEMO / "report.html", DEMO / "report.json"
    assize("report", job, "--items", held_out, *options, "-o", page, "--json", figures)
    notes = json.loads(figures.read_text())["notes"]
    print()
    say(f"Open {page} in a browser; it needs no network. {' '.join(notes)}")


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
    job = DEMO / "llmbar"
    labelled, held_out, auto = learn_from_labels(job)
    report(job, held_out, promise(job, labelled, held_out, auto))
    seat_a_model(sys.argv[1:] == ["--live"])


if __name__ == "__main__":
    main()
