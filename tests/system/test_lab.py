"""Jobs of a service, from end to end, over each kind of connection."""

import pytest

from chat import backend, pairs, panel


@pytest.mark.parametrize("trust", ["ipc", "names", "keys"])
def test_a_job(lab, world, trust):
    stub = world.stub()
    lab.coordinator(trust)
    lab.worker("w0", [backend(stub)])
    job = lab.client().submit(panel([], 2), pairs(20))
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(20)]
    assert all(len(row["ballots"]) == 2 for row in rows)
    assert stub.counts()["requests"] == 40 and stub.counts()["asked_again"] == 0
