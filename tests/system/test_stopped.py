"""A backend refuses for good while others of its calls are under way, some of which
would have been asked once more: the run ends at once and says why, and the same
command goes on."""

PANEL = """
question: pair
backends: [{{name: api, kind: openai, url: "{url}", slots: 8}}]
judges: [{{name: one, backend: api, model: m, answer: letter, orders: both}}]
"""


def test_stops_and_goes_on(world):
    items = [{"id": str(i), "prompt": f"Q{i}", "responses": ["x", "y"]} for i in range(40)]
    stub = world.stub(votes="A", form="letter", fault=["401:nth=20", "outside:0.5"])
    panel = PANEL.format(url=stub.url)
    run = world.run(panel, items, "--set", "limits.usd=null", "--set", "name=two words")
    assert run.rc == 75, run
    assert "Incorrect API key" in run.stderr
    assert f"items.jsonl --job {run.job}" in run.stderr  # the command that goes on with this job
    assert " --set limits.usd=null --set 'name=two words'\n" in run.stderr, run
    assert 0 < run.summary()["left"] < 40
    assert stub.counts()["requests"] < 20 + 2 * 8  # nobody new was asked

    stub.control(fault="")
    run = world.run(panel, items, "--max-failed", "100%")  # outside in both orders, twice
    assert run.rc == 0, run
    assert run.summary()["left"] == 0 and len(run.verdicts()) == 40
    assert stub.counts()["requests"] <= 80 + 20 + 2 * 8
