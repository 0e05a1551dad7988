"""An API key goes to its server and nowhere else."""

import pytest

from chat import KINDS, backend, judge, pairs, panel

SECRET = "sk-planted-4f1c9a77e2b0"
HEADERS = {"openai": f"authorization: bearer {SECRET}", "anthropic": f"x-api-key: {SECRET}"}


def files_with(folder, text):
    """The files below `folder` that have it, whatever they are."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert files
    return [str(p) for p in files if text.encode() in p.read_bytes()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["", "401", "500:tries=1", "outside", "reset:tries=1"])
def test_a_planted_key_is_nowhere(world, kind, fault):
    stub = world.stub(key=SECRET, fault=fault or [], retry_after_ms=1)
    p = panel(backend(stub, kind, key="env:PLANTED", slots=2), [judge("j0"), judge("j1")])
    run = world.run(p, pairs(5), "--cache", "c.db", env={"PLANTED": SECRET})
    assert run.rc in (0, 65, 69, 75), run
    assert HEADERS[kind] in stub.last()["headers"].lower()
    assert files_with(world.folder, SECRET) == []
    assert SECRET not in run.stdout + run.stderr


def test_from_a_file_and_an_env_file(world):
    stub = world.stub(key=SECRET)
    world.write("key.txt", SECRET + "\n")
    world.write("env", f"# keys\nexport PLANTED='{SECRET}'\n")
    p = panel(backend(stub, key=f"file:{world.path('key.txt')}"))
    assert world.run(p, pairs(2), "--job", "a").rc == 0
    p = panel(backend(stub, key="env:PLANTED"))
    assert world.run(p, pairs(2), "--job", "b", "--env-file", "env").rc == 0
    for job in ("a", "b"):
        assert files_with(world.path(job), SECRET) == []


def test_the_wrong_key_is_one_line(world):
    stub = world.stub(key=SECRET)
    run = world.run(panel(backend(stub, key="env:PLANTED", slots=1)), pairs(20),
                    env={"PLANTED": "sk-wrong-000"})
    assert run.rc == 75, run
    assert stub.counts()["requests"] == 1
    assert run.stderr.count("the key is refused") == 1 and "sk-wrong" not in run.stderr


def test_a_key_that_is_not_there(world):
    stub = world.stub()
    run = world.run(panel(backend(stub, key="env:NOWHERE")), pairs(2))
    assert run.rc == 78, run
    assert "'NOWHERE'" in run.stderr and stub.counts()["requests"] == 0
