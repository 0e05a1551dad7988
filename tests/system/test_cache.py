"""What was asked before is answered from the cache, whatever the job."""

from chat import KINDS, backend, ballots, judge, pairs, panel

import pytest


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_job_asks_nobody(world, kind):
    stub = world.stub()
    p = panel(backend(stub, kind), [judge("j0"), judge("j1", orders="both")])
    first = world.run(p, pairs(20), "--cache", "answers.db")
    assert first.rc == 0 and stub.counts()["requests"] == 60, first
    assert world.path("answers.db").exists()
    second = world.run(p, pairs(20), "--cache", "answers.db", "--job", "second")
    assert second.rc == 0, second
    assert stub.counts()["requests"] == 60
    assert all(b["cached"] and b["attempts"] == 0 for b in ballots(second))
    assert second.summary()["calls"]["cached"] == 60
    assert second.summary()["calls"]["made"] == 0
    labels = [(v["id"], v["label"], v["share"]) for v in first.verdicts()]
    assert labels == [(v["id"], v["label"], v["share"]) for v in second.verdicts()]


def test_the_usual_place(world):
    stub = world.stub()
    for job in ("a", "b"):
        run = world.assize("run", world.write("p.yaml", panel(stub)),
                           world.write("i.jsonl", pairs(5)), "--job", job)
        assert run.rc == 0, run
    assert stub.counts()["requests"] == 5
    assert (world.folder / "cache/assize/answers.db").exists()


def test_none(world):
    stub = world.stub()
    for job in ("a", "b"):
        world.run(panel(stub), pairs(5), "--cache", "none", "--job", job)
    assert stub.counts()["requests"] == 10


def test_failures_are_not_kept(world):
    stub = world.stub(fault=["outside:first=2", "400:nth=5"])
    p = panel(backend(stub, slots=1), limits={"attempts": 1})
    first = world.run(p, pairs(10), "--cache", "c.db")
    assert first.summary()["failed"] == 3, first
    second = world.run(p, pairs(10), "--cache", "c.db", "--job", "second")
    assert second.rc == 0, second
    assert stub.counts()["requests"] == 13
    assert sum(b["cached"] for b in ballots(second)) == 7


def test_what_a_server_refused_is_asked_anew_but_once(world):
    """The second job finds out as the first did, and then finds all answers."""
    stub = world.stub(fault=["schema", "temperature"], form="json")
    p = panel(backend(stub, slots=1))
    first = world.run(p, pairs(10), "--cache", "c.db")
    assert first.rc == 0, first
    probes = stub.counts()["status"]["400"]
    second = world.run(p, pairs(10), "--cache", "c.db", "--job", "second")
    assert second.rc == 0, second
    counts = stub.counts()
    assert counts["completions"] == 10 and counts["status"]["400"] == 2 * probes
    assert all(b["cached"] for b in ballots(second))


def test_samples_are_apart(world):
    stub = world.stub()
    p = panel(stub, [judge("j0", samples=3, temperature=1)])
    for job in ("a", "b"):
        run = world.run(p, pairs(4), "--cache", "c.db", "--job", job)
        assert run.rc == 0, run
    assert stub.counts()["requests"] == 12


def test_another_model_is_another_question(world):
    stub = world.stub()
    world.run(panel(stub), pairs(4), "--cache", "c.db")
    world.run(panel(stub, [judge("j0", model="m9")]), pairs(4), "--cache", "c.db", "--job", "b")
    world.run(panel(stub, [judge("j0", max_tokens=99)]), pairs(4), "--cache", "c.db", "--job", "c")
    assert stub.counts()["requests"] == 12


def test_a_damaged_cache_is_gone_without(world):
    stub = world.stub()
    world.path("c.db").write_bytes(b"no database at all" * 1000)
    run = world.run(panel(stub), pairs(4), "--cache", "c.db")
    assert run.rc in (0, 74), run
    assert stub.counts()["requests"] in (0, 4)
