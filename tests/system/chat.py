"""Panels whose judges ask a stub. JSON is YAML: a panel is a dict here, so that a
test can change any part of it."""

import json
import pathlib

KINDS = ("openai", "anthropic")
PRICE = {"input": 2.0, "output": 10.0}  # dollars a million tokens


def backend(stub, kind="openai", name="api", **more):
    url = stub.anthropic_url if kind == "anthropic" else stub.url
    return {"name": name, "kind": kind, "url": url, **more}


def judge(name="j0", backend="api", model=None, **more):
    return {"name": name, "backend": backend, "model": model or name, "orders": "one", **more}


def panel(backends, judges=1, limits=None, **more):
    """`backends`: a stub, one backend or a list; `judges`: how many, or a list."""
    if not isinstance(backends, (dict, list)):
        backends = backend(backends)
    if isinstance(judges, int):
        judges = [judge(f"j{i}") for i in range(judges)]
    return json.dumps(
        {
            "question": {"kind": "pair", "ask": "Which is better?"},
            "backends": backends if isinstance(backends, list) else [backends],
            "judges": judges,
            **({"limits": limits} if limits else {}),
            **more,
        }
    )


def pairs(n, start=0):
    """The stub counts by the marker as well as by the question."""
    return [
        {"id": f"q{i}", "prompt": f"#id:q{i}# p", "responses": [f"one {i}", f"two {i}"]}
        for i in range(start, start + n)
    ]


def ballots(run):
    return [b for v in run.verdicts() for b in v["ballots"]]


def errors(run):
    """How often each kind of error ended a ballot."""
    found = {}
    for b in ballots(run):
        if b.get("error"):
            kind = b["error"]["kind"]
            found[kind] = found.get(kind, 0) + 1
    return found


def requests(log):
    """What the stub's log has: path, headers, body (parsed) and time (at_ms)."""
    rows = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
    return [{**row, "body": json.loads(row["body"])} for row in rows]
