"""What surrounds a run: check before it, show after it, and panels to start
from. None of them asks anybody."""

import json

PAIR = {"id": "q1", "prompt": "2+2?", "responses": {"X": "4", "Y": "5"}, "reference": "4"}
PANEL = "question: pair\njudges: [lexical/token_f1, lexical/length]\n"


def chat(url, more=""):
    return f"""
question: {{kind: pair, pass: [A]}}
backends: [{{name: stub, kind: openai, url: "{url}", key: env:STUB_KEY}}]
judges: [{{name: j, backend: stub, model: m, usd_per_mtok: {{input: 1, output: 2}}}}]
{more}"""


def test_check_asks_nobody(world):
    stub = world.stub(votes="A")
    panel = world.write("p.yaml", chat(stub.url))
    items = world.write("i.jsonl", json.dumps(PAIR) + "\n{bad\n" + json.dumps(PAIR) + "\n")
    done = world.assize("check", panel, items)
    assert done.rc == 65, done
    assert "what j will read of item q1" in done.stdout
    assert "items in " in done.stdout and ": 1, repeated lines 1, bad lines 1" in done.stdout
    assert "asked of others" in done.stdout
    assert "line 2: " in done.stderr
    assert "sk-stub" not in done.stdout + done.stderr
    assert stub.counts()["requests"] == 0


def test_check_bounds_the_bill(world):
    """What check calls the worst case is enough for a run."""
    stub = world.stub(votes="A")
    panel = world.write("p.yaml", chat(stub.url))
    items = world.write("i.jsonl", [PAIR])
    row = next(
        line for line in world.assize("check", panel, items).stdout.splitlines()
        if line.startswith("  asked of others")
    )
    calls, worst = int(row.split()[3]), float(row.split()[-1].strip("$<"))
    run = world.run(panel, items)
    assert run.rc == 0, run
    assert stub.counts()["requests"] == calls
    assert run.summary()["usd"] <= worst


def test_check_refuses(world):
    items = world.write("i.jsonl", [PAIR])
    fine = world.write("fine.yaml", PANEL)
    cases = [
        (78, "Did you mean", PANEL + "polcy: vote\n"),
        (78, "never shown to a judge", "question: pair\njudges: [openai/m]\ntemplate: '{{gold}}'\n"),
        (78, "is for a pair question", "question: {kind: choice, labels: [x, y]}\n"
                             "judges: [{name: j, backend: openai, model: m, answer: arena_hard}]\n"),
        (78, "map", "question: {kind: choice, labels: [x, y]}\njudges: [lexical/length]\n"),
        (78, "none.tsv", "question: pair\nbackends: [{name: past, kind: recorded, file: none.tsv}]\n"
                         "judges: [past/j]\n"),
    ]
    for rc, text, yaml in cases:
        panel = world.write("p.yaml", yaml)
        for command in (("check", panel), ("run", panel, items), ("filter", panel)):
            done = world.assize(*command)
            assert done.rc == rc and text in done.stderr, (command, yaml, done)
    assert not list(world.folder.glob("*.assize")), "something was started"
    assert world.assize("check", "no.yaml").rc == 78
    assert world.assize("check", fine, "no.jsonl").rc == 66
    assert world.assize("check", fine, world.write("empty.jsonl", "")).rc == 66
    assert world.assize("check", fine, world.folder).rc == 66
    assert world.assize("check").rc == 64


def test_set_and_env_file(world):
    panel = world.write("p.yaml", PANEL)
    done = world.assize("check", panel, "--set", "limits.quorum=2")
    assert "quorum 2" in done.stdout, done
    env = world.write("env", "ELSEWHERE=http://localhost:9/v1\n")
    panel = world.write("q.yaml", chat("${ELSEWHERE}"))
    assert world.assize("check", panel).rc == 78
    done = world.assize("check", panel, "--env-file", env)
    assert done.rc == 0 and "http://localhost:9/v1" in done.stdout, done


def test_show_needs_no_key_and_no_panel(world):
    stub = world.stub(votes="A")
    panel = world.write("p.yaml", chat(stub.url))
    items = [{**PAIR, "prompt": "2+2?\x1b[31m\x07"}, {**PAIR, "id": "-q 2"}]
    assert world.run(panel, items).rc == 0
    panel.unlink()
    asked = stub.counts()["requests"]
    done = world.assize("show", "job", "q1", env={"STUB_KEY": ""})
    assert done.rc == 0, done
    for text in ("2+2?", "decided tie", "  j  AB  A  json", "  j  BA  B  json"):
        assert text in done.stdout, done
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    assert world.assize("show", "job", "--", "-q 2").rc == 0
    line = world.assize("show", "job", "q1", "--json").stdout
    assert json.loads(line) == json.loads((world.path("job") / "verdicts.jsonl").open().readline())
    assert stub.counts()["requests"] == asked


def test_show_says_what_is_wrong(world):
    world.run(PANEL, [PAIR])
    missing = world.assize("show", "job", "q9")
    assert missing.rc == 66 and "'q9'" in missing.stderr, missing
    nowhere = world.assize("show", "nowhere", "q1")
    assert nowhere.rc == 66 and "assize run" in nowhere.stderr, nowhere
    assert world.assize("show", "job").rc == 64


def test_init(world):
    kinds = {"pair": PAIR, "score": {"prompt": "p", "response": "r"}}
    kinds["choice"] = kinds["score"]
    for kind, item in kinds.items():
        made = world.assize("init", kind)
        assert made.rc == 0, made
        panel, items = world.write(f"{kind}.yaml", made.stdout), world.write("i.jsonl", [item])
        done = world.assize("check", panel, items)
        assert done.rc == 0, done
    assert world.assize("init", "-o", "pair.yaml").rc == 74
    assert "'score'" in world.assize("init", "scor").stderr
    assert world.assize("init", "-o", "new.yaml").rc == 0
    assert world.path("new.yaml").read_text() == world.assize("init").stdout


def test_schema(world):
    for name in ("panel", "item", "verdict", "ballot", "summary"):
        schema = json.loads(world.assize("schema", name).stdout)
        assert schema["$id"] == f"assize:{name}/1"
        assert world.assize("schema", name, "--markdown").stdout.strip().startswith("#")
    assert world.assize("schema", "verdcit").rc == 64
