"""Panels and items that several scenarios share."""

# Needs no server: an answer passes where half of the reference is in it.
OVERLAP = """\
question: {kind: score, scale: [0, 1], ask: "How near?", pass: ">= 0.5"}
judges: [lexical/token_f1]
aggregate: mean
"""


def overlap_items(n, **more):
    """Every other one passes."""
    return [
        {"id": f"q{i}", "prompt": "p", "response": "no yes"[3 * (i % 2):][:3].strip(),
         "reference": "yes", **more}
        for i in range(n)
    ]


def chat_pair(stub, judges=1, **limits):
    """Judges of pairs that ask the stub, one order each."""
    limits = {"attempts": 1, **limits}
    rows = "".join(
        f"  - {{name: j{i}, backend: stub, model: m{i}, orders: one}}\n" for i in range(judges)
    )
    return (
        "question: {kind: pair, ask: \"Which is better?\"}\n"
        f"backends: [{{name: stub, kind: openai, url: \"{stub.url}\"}}]\n"
        f"judges:\n{rows}"
        f"limits: {{{', '.join(f'{k}: {v}' for k, v in limits.items())}}}\n"
    )


def pair_items(n):
    return [{"id": f"q{i}", "prompt": f"p{i}", "responses": ["one", "two"]} for i in range(n)]
