"""A panel that is wrong: one message, a hint, 78, and nothing has started."""

import pytest

Q = "question: {kind: pair}\n"
STUB = 'backends: [{name: b, kind: openai, url: "http://127.0.0.1:9/v1"%s}]\n'

WRONG = {
    "unknown key": (
        Q + "judges: [lexical/token_f1]\nagregate: majority\n",
        "panel 'p.yaml': line 3: unrecognized key 'agregate'",
        "Did you mean 'aggregate'?",
    ),
    "wrong type": (
        Q + "judges: [lexical/token_f1]\nlimits: {attempts: many}\n",
        "panel 'p.yaml': line 3: 'attempts' must be a whole number, not 'many'",
        "",
    ),
    "missing template": (
        Q + "judges: [lexical/token_f1]\ntemplate_file: no.md\n",
        "panel 'p.yaml': line 3: no such file 'no.md'",
        "",
    ),
    "two judges of one name": (
        Q + STUB % "" + "judges:\n  - {name: a, backend: b, model: x}\n"
        "  - {name: a, backend: b, model: y}\n",
        "panel 'p.yaml': line 5: two judges are called 'a'",
        "Give one of them another 'name'.",
    ),
    "an aggregation that does not fit": (
        Q + "judges: [lexical/token_f1]\naggregate: median\n",
        "panel 'p.yaml': line 3: aggregate 'median' is for scores",
        "majority",
    ),
    "a bare secret": (
        Q + STUB % ", key: sk-verysecret" + "judges: [b/x]\n",
        "panel 'p.yaml': line 2: 'key' must say where the key is",
        "env:NAME",
    ),
    "unknown backend": (
        Q + "judges: [nobody/x]\n",
        "panel 'p.yaml': line 2: unknown backend 'nobody'",
        "Known here: openai",
    ),
    "no key in the environment": (
        Q + STUB % ', key: "env:NO_SUCH_KEY"' + "judges: [b/x]\n",
        "panel 'p.yaml': backend 'b': the environment has no 'NO_SUCH_KEY'",
        "Set NO_SUCH_KEY",
    ),
    "no file of recorded ballots": (
        Q + "backends: [{name: b, kind: recorded, file: no.tsv}]\njudges: [b/x]\n",
        "panel 'p.yaml': backend 'b': can't read 'no.tsv'",
        "",
    ),
    "a budget without a price": (
        Q + STUB % "" + "judges: [b/x]\nlimits: {usd: 1}\n",
        "panel 'p.yaml': limits.usd is set, and the price of judge 'b/x' is not known",
        "usd_per_mtok",
    ),
    "not YAML": (Q + "judges: [\n", "panel 'p.yaml': line ", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_panel(world, case):
    yaml, message, hint = WRONG[case]
    world.write("p.yaml", yaml)
    world.write("items.jsonl", [{"id": "q", "prompt": "p", "responses": ["a", "b"]}])
    for command in (["run", "p.yaml", "items.jsonl"], ["filter", "p.yaml", "--keep", "share > 0"]):
        end = world.assize(*command, "--job", "job", "--cache", "none")
        assert end.rc == 78, end
        lines = end.stderr.splitlines()
        assert lines[0].startswith("assize: " + message) and hint in end.stderr
        assert len(lines) <= 2  # the fact, and what to do
        assert "verysecret" not in end.stderr
        assert not world.path("job").exists()


def test_no_panel(world):
    items = world.write("items.jsonl", [])
    run = world.assize("run", "no.yaml", items)
    assert (run.rc, "'no.yaml'" in run.stderr) == (78, True), run


def test_wrong_command_lines(world):
    for args, message in [
        (["run"], "run wants a panel and items"),
        (["run", "p", "i", "--sample", "x"], "'--sample x'"),
        (["run", "p", "i", "--max-failed", "3"], "'--max-failed 3'"),
        (["run", "p", "i", "--requires", "x"], "--requires"),
        (["run", "p", "i", "--require", "items > 0 and itms > 0"], "--require: column 15"),
        (["filtre"], "unknown command 'filtre'"),
    ]:
        end = world.assize(*args)
        assert (end.rc, message in end.stderr) == (64, True), end
