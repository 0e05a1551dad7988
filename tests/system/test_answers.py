"""Every form of an answer, from both providers, and what the ballot keeps of it."""

import pytest

from chat import KINDS, PRICE, backend, ballots, errors, judge, pairs, panel, requests

SCORE = {"kind": "score", "scale": [1, 5], "ask": "How good?"}


def scored(n):
    return [{"id": f"q{i}", "prompt": f"p{i}", "response": "r"} for i in range(n)]


@pytest.mark.parametrize("kind", KINDS)
def test_json_by_schema(world, kind):
    stub = world.stub(votes="B", usd_in=2, usd_out=10, cached_tokens=7)
    judges = [judge(model="m-1", usd_per_mtok={**PRICE, "cached": 0.5})]
    run = world.run(panel(backend(stub, kind), judges), pairs(3))
    assert run.rc == 0, run
    assert [v["label"] for v in run.verdicts()] == ["B"] * 3
    asked = stub.last()["body"]
    assert asked["max_tokens"] > 0
    for b in ballots(run):
        assert (b["how"], b["rationale"]) == ("json", "The stub weighed the answers.")
        assert b["model"] == "m-1" and b["attempts"] == 1 and not b["cached"]
        assert b["tokens_in"] > 0 and b["tokens_out"] > 0 and b["usd"] > 0 and len(b["request"]) >= 32
    assert stub.counts()["requests"] == 3


@pytest.mark.parametrize("kind", KINDS)
def test_cost_is_the_bill(world, kind):
    stub = world.stub(usd_in=2, usd_out=10, usd_cached=0.5, cached_tokens=20)
    judges = [judge(f"j{i}", usd_per_mtok={**PRICE, "cached": 0.5}) for i in range(3)]
    run = world.run(panel(backend(stub, kind), judges, {"usd": 5}), pairs(10))
    assert run.rc == 0, run
    bill = stub.counts()["billed"]
    assert bill["n"] == 30 and bill["nusd"] > 0
    assert round(run.summary()["usd"] * 1e9) == bill["nusd"]
    assert round(sum(b["usd"] for b in ballots(run)) * 1e9) == bill["nusd"]
    assert run.summary()["tokens_in"] == bill["tokens_in"]
    assert run.summary()["tokens_out"] == bill["tokens_out"]


@pytest.mark.parametrize("kind", KINDS)
def test_schema_refused_steps_down_once(world, kind):
    """400 for the schema, then (OpenAI) JSON mode; nobody asks for it again."""
    stub = world.stub(fault="schema", votes="B", form="json")
    run = world.run(panel(backend(stub, kind, slots=1)), pairs(12))
    assert run.rc == 0, run
    counts = stub.counts()
    probes = counts["status"]["400"]
    assert probes <= 2 and counts["requests"] == 12 + probes
    assert all(b["label"] == "B" and b["attempts"] == 1 for b in ballots(run))
    assert "schema" not in str(stub.last()["body"].get("response_format", ""))


def test_only_the_first_calls_probe(world):
    """Sixteen at once find it out together; those that come after know."""
    stub = world.stub(fault="schema", form="json")
    run = world.run(panel(backend(stub, slots=16)), pairs(200))
    assert run.rc == 0, run
    assert stub.counts()["status"]["400"] <= 32
    assert run.summary()["calls"]["made"] == 200


@pytest.mark.parametrize("kind", KINDS)
def test_schema_ignored(world, kind):
    """The server takes the schema and writes text: one step down, remembered."""
    stub = world.stub(fault="noschema:first=1", form="bracket", votes="B")
    stub.control(form="json" if kind == "anthropic" else "bracket")
    run = world.run(panel(backend(stub, kind, slots=1)), pairs(5))
    assert run.rc == 0, run
    assert [b["label"] for b in ballots(run)] == ["B"] * 5
    assert stub.counts()["requests"] <= 6
    form = stub.last()["body"].get("response_format", {"type": "none"})
    assert form["type"] in ("json_object", "none")


def test_text_that_is_no_json_is_an_error(world):
    stub = world.stub(says="I like the first one.")
    run = world.run(panel(backend(stub, slots=1)), pairs(3))
    assert errors(run) == {"parse": 3}
    # JSON mode and text are tried once; then each is asked once more.
    assert stub.counts()["requests"] == 2 + 3 * 2


def test_fenced_json_is_read(world):
    stub = world.stub(says='Well.\n```json\n{"rationale": "r", "label": "tie"}\n```\n')
    run = world.run(panel(stub), pairs(2))
    assert run.rc == 0, run
    assert [v["label"] for v in run.verdicts()] == ["tie"] * 2
    assert stub.counts()["requests"] == 2


FORMS = [
    ({"answer": "letter"}, {"form": "letter"}),
    ({"answer": "arena_hard"}, {"form": "arena_hard"}),
    ({"answer": "mt_bench"}, {"form": "bracket"}),
    ({"answer": "regex", "regex": r"VERDICT: (\w+)"}, {"says": "VERDICT: A\nVERDICT: B"}),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer, stubbed", FORMS, ids=[f["answer"] for f, _ in FORMS])
def test_grammars(world, kind, answer, stubbed):
    stub = world.stub(votes="B", **stubbed)
    run = world.run(panel(backend(stub, kind), [judge(**answer)]), pairs(3))
    assert run.rc == 0, run
    assert [(b["label"], b["how"]) for b in ballots(run)] == [("B", answer["answer"])] * 3
    assert stub.counts()["requests"] == 3


def test_logprobs_of_a_pair(world):
    stub = world.stub(votes="B", probs="A:0.2,B:0.7,C:0.1")
    run = world.run(panel(stub, [judge(answer="logprobs")]), pairs(2))
    assert run.rc == 0, run
    for b in ballots(run):
        assert b["label"] == "B" and b["how"] == "logprobs"
        assert b["probs"]["A"] == pytest.approx(0.2, abs=1e-3)
        assert b["probs"]["B"] == pytest.approx(0.7, abs=1e-3)
    assert stub.last()["body"]["top_logprobs"] == 20


def test_logprobs_of_a_score_are_an_expectation(world):
    stub = world.stub(votes="4", labels="1,2,3,4,5", probs="3:0.5,4:0.5", form="letter")
    seat = {"name": "j0", "backend": "api", "model": "m", "answer": "logprobs"}
    p = panel(stub, [seat], question={**SCORE, "step": 1}, aggregate="mean")
    run = world.run(p, scored(2))
    assert run.rc == 0, run
    assert [b["score"] for b in ballots(run)] == pytest.approx([3.5] * 2, abs=1e-3)


def test_a_server_without_logprobs_says_so(world):
    stub = world.stub(fault="logprobs")
    run = world.run(panel(stub, [judge(answer="logprobs")]), pairs(2))
    assert run.rc in (65, 69), run
    assert errors(run) == {"logprobs": 2}
    assert "gives no log-probabilities; use answer: letter" in ballots(run)[0]["error"]["text"]
    assert stub.counts()["requests"] == 2


def test_anthropic_has_no_logprobs(world):
    stub = world.stub()
    run = world.run(panel(backend(stub, "anthropic"), [judge(answer="logprobs")]), pairs(1))
    assert run.rc == 78, run
    assert "logprobs" in run.stderr and stub.counts()["requests"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_reasoning_is_rationale_and_no_answer(world, kind):
    stub = world.stub(votes="B", form="letter", reasoning="Surely A. [[A]] A")
    run = world.run(panel(backend(stub, kind), [judge(answer="letter")]), pairs(2))
    assert run.rc == 0, run
    for b in ballots(run):
        assert b["label"] == "B" and "Surely A." in b["rationale"]


def test_think_tags(world):
    stub = world.stub(says="<think>[[A]] it seems</think>\n[[B]]")
    run = world.run(panel(stub, [judge(answer="mt_bench")]), pairs(2))
    assert run.rc == 0, run
    assert [(b["label"], b["rationale"]) for b in ballots(run)] == [("B", "[[A]] it seems")] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off_is_asked_once_more_with_more_room(world, kind):
    log = world.path("log")
    stub = world.stub(fault="length:tries=1", log=log)
    run = world.run(panel(backend(stub, kind, slots=1), [judge(max_tokens=100)]), pairs(2))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2, 2]
    assert sorted(r["body"]["max_tokens"] for r in requests(log)) == [100, 100, 400, 400]


def test_cut_off_twice_is_its_own_error(world):
    stub = world.stub(fault="length")
    run = world.run(panel(stub), pairs(2))
    assert run.rc in (65, 69), run
    assert errors(run) == {"length": 2}
    assert stub.counts()["requests"] == 4


@pytest.mark.parametrize("kind", KINDS)
def test_temperature_refused(world, kind):
    stub = world.stub(fault="temperature")
    run = world.run(panel(backend(stub, kind, slots=1)), pairs(6))
    assert run.rc == 0, run
    assert stub.counts()["requests"] == 7
    assert "temperature" not in stub.last()["body"]
    assert [b["attempts"] for b in ballots(run)] == [1] * 6


def test_a_temperature_that_the_panel_wants_is_not_dropped(world):
    stub = world.stub(fault="temperature")
    run = world.run(panel(stub, [judge(temperature=0.7)]), pairs(1))
    assert run.rc in (65, 69), run
    assert "temperature" in ballots(run)[0]["error"]["text"]


def test_max_tokens_under_its_other_name(world):
    stub = world.stub(fault="max_tokens")
    run = world.run(panel(backend(stub, slots=1)), pairs(4))
    assert run.rc == 0, run
    assert stub.counts()["requests"] == 5
    assert "max_completion_tokens" in stub.last()["body"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_inside_a_200(world, kind):
    stub = world.stub(fault="error200:tries=1")
    run = world.run(panel(backend(stub, kind)), pairs(2))
    assert run.rc == 0, run
    assert [b["attempts"] for b in ballots(run)] == [2, 2]
    stub.control(fault="error200")
    run = world.run(panel(backend(stub, kind), limits={"attempts": 2}), pairs(2), "--job", "b")
    assert errors(run) == {"server": 2}
