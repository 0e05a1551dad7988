"""Who may do what, by keys: strangers, roles, owners, and a key that is revoked while
its holder is connected. No secret is in what any program leaves behind."""

import pathlib
import resource
import signal

import pytest

from chat import backend, pairs, panel
from conftest import BUILD
from test_keys import SECRET, files_with


def complete(job, n):
    rows = job.done().results()
    assert [row["id"] for row in rows] == [f"q{i}" for i in range(n)]


def test_strangers_and_other_roles(lab, world):
    stub = world.stub()
    coordinator = lab.coordinator("keys")
    client = lab.client()
    lab.worker("w0", [backend(stub)])
    stranger = lab.client("stranger")
    lab.revoke("stranger")
    run = stranger.run("jobs")
    assert run.rc == 78 and "does not let this key" in run.stderr, run
    assert "principal=" in coordinator.said("somebody is not let in")
    worker = lab.client("w0")
    run = worker.run("submit", *worker.files(panel([]), pairs(3)))
    assert run.rc == 78 and "is for work" in run.stderr, run
    intruder = lab.worker("intruder", [backend(stub)], key="client", ready=False)
    intruder.said("client")
    assert client.ok("jobs").stdout.count("\n") <= 1
    complete(client.submit(panel([]), pairs(5)), 5)
    assert [w["name"] for w in lab.client("boss", "admin").workers()] == ["w0"]
    intruder.kill9()


def test_a_workers_key_is_revoked(lab, world):
    """At once, on its open connection; what it held is asked elsewhere."""
    stub = world.stub(hold=True)
    coordinator = lab.coordinator("keys")
    client = lab.client()
    traitor = lab.worker("traitor", [backend(stub, slots=4)])
    job = client.submit(panel([]), pairs(20))
    stub.wait(in_flight=4)
    lab.revoke("traitor")
    coordinator.said("worker is gone")
    traitor.said("was revoked")
    lab.worker("loyal", [backend(stub, slots=4)])
    stub.wait(in_flight=8)
    stub.control(hold=False)
    complete(job, 20)
    assert [w["name"] for w in lab.client("boss", "admin").workers()] == ["loyal"]


def test_a_clients_key_is_revoked(lab, world):
    """While it follows: it is told nothing more, and its job goes on."""
    stub = world.stub(delay=20)
    lab.coordinator("keys")
    client, boss = lab.client(), lab.client("boss", "admin")
    job = client.submit(panel([]), pairs(200))
    following = client.start("results", job.id, "--follow")
    watching = client.start("watch", job.id)
    lab.worker("w0", [backend(stub, slots=4)])
    stub.wait(requests=20)
    lab.revoke("client")
    for running in (following, watching):
        run = running.wait()
        assert run.rc not in (0, 75) and "does not let this key" in run.stderr, run
    job.client = boss
    complete(job, 200)


def test_a_role_is_withdrawn(lab, world):
    """Whoever may look no more is told so in the middle of its reading; what its other
    roles are for it may go on with, and so does the job."""
    stub = world.stub(delay=20)
    lab.coordinator("keys")
    owner, reader = lab.client("owner", "submit"), lab.client("reader", "read,submit")
    job = owner.submit(panel([]), pairs(200))
    following = reader.start("results", job.id, "--follow")
    watching = reader.start("watch", job.id)
    lab.worker("w0", [backend(stub, slots=4)])
    stub.wait(requests=20)
    lab.principals["reader"] = lab.principals["reader"].replace("read,submit", "submit")
    lab.coordinators[0].allow(lab.principals.values())
    for running in (following, watching):
        run = running.wait()
        assert run.rc == 66 and f"no job {job.id}" in run.stderr, run
    assert reader.run("status", job.id).rc == 66
    complete(reader.submit(panel([]), pairs(3)), 3)
    complete(job, 200)


def test_another_owners_job(lab, world):
    """It can be neither read, nor changed, nor found by who submits; readers look and
    change nothing; admins do all."""
    stub = world.stub()
    lab.coordinator("keys")
    lab.worker("w0", [backend(stub)])
    alpha, beta = lab.client("alpha", "submit"), lab.client("beta", "submit")
    reader, boss = lab.client("reader", "read"), lab.client("boss", "admin")
    job = alpha.submit(panel([]), pairs(5))
    complete(job, 5)
    for command in ("status", "results", "watch", "cancel", "pause", "resume"):
        run = beta.run(command, job.id)
        assert run.rc == 66 and not run.stdout, run
    assert beta.run("set", job.id, "priority=7").rc == 66
    assert beta.run("resume", job.id, "--retry-failed").rc == 66
    assert beta.ok("jobs", "--json").stdout == ""
    beta.ok("prune", "--older-than", "0s")
    own = beta.submit(panel([]), pairs(5))
    assert own.id != job.id, "the same items of another owner are another job"
    for sees in (reader, boss):
        assert len(sees.ok("jobs", "--json").stdout.splitlines()) == 2
        job.client = sees
        assert len(job.results()) == 5
    for change in (("cancel",), ("resume", "--retry-failed")):
        assert reader.run(*change, job.id).rc not in (0, 66)
    boss.ok("resume", "--retry-failed", job.id)
    assert reader.run("submit", *reader.files(panel([]), pairs(5))).rc == 78


UNLIMITED = (resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def core_of(world, program):
    """Let it crash; its core dump, where the kernel writes one into the folder."""
    program.signal(signal.SIGABRT)
    program.wait()
    return list(world.folder.glob("core*"))


def hidden(world, name):
    """The secret half of a key."""
    text = world.path(f"keys/{name}/{name}.secret").read_text()
    return text.splitlines()[-1].split()[1]


@pytest.mark.parametrize("fault", ["", "401:after=5", "500:tries=1", "outside"])
def test_planted_keys_are_nowhere(lab, world, fault):
    """API key and CURVE keys: not in logs, errors, databases, results. A worker that
    has an API key leaves no core dump; the coordinator's has none."""
    stub = world.stub(key=SECRET, fault=fault or [], retry_after_ms=1)
    coordinator = lab.coordinator("keys", log="debug", limits=UNLIMITED)
    world.write("api.key", SECRET + "\n")
    worker = lab.worker("w0", [backend(stub, key=f"file:{world.path('api.key')}", slots=2)],
                        cache="cache.db", log="debug", limits=UNLIMITED)
    client = lab.client()
    job = client.submit(panel([backend(stub, key="env:PLANTED")], 2), pairs(10))
    job.watch()
    client.run("results", job.id, "-o", "out.jsonl")
    client.run("status", job.id)
    for name in ("server", "w0", "client"):
        assert sorted(files_with(world.folder, hidden(world, name))) == \
            sorted(map(str, world.folder.glob(f"keys/{name}/*.secret")))
    world.path("api.key").unlink()
    assert core_of(world, worker) == []
    cores = core_of(world, coordinator)
    assert cores or not plain_cores()
    assert files_with(world.folder, SECRET) == []


def plain_cores():
    """Does the kernel write core dumps where the program is?"""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    return pattern.startswith("core") and "asan" not in str(BUILD)  # which writes none


def test_a_key_is_in_no_message(lab, world):
    """All that a worker and its coordinator say, without encryption."""
    stub = world.stub(key=SECRET, fault="401:after=12")
    coordinator = lab.coordinator("names")
    proxy = lab.proxy(coordinator.workers)
    world.write("api.key", SECRET + "\n")
    lab.worker("w0", [backend(stub, key=f"file:{world.path('api.key')}")], to=proxy.endpoint)
    lab.client().submit(panel([], 2), pairs(10)).watch()
    assert b"#id:q3#" in proxy.passed() and SECRET.encode() not in proxy.passed()
