#!/usr/bin/python3
"""numpy_infer.py FILE JUDGES LABELS ROUNDS: majority, Wawa and Dawid-Skene as one
would write them in numpy, on the votes that bench_infer wrote; a JSON line each."""

import json
import sys
import time

import numpy as np


def shares(votes, labels, weights=None):
    """Weighted votes for each label, an item a row."""
    items, judges = votes.shape
    cell = (np.arange(items)[:, None] * labels + votes).ravel()
    w = None if weights is None else np.broadcast_to(weights, votes.shape).ravel()
    counts = np.bincount(cell, weights=w, minlength=items * labels).reshape(items, labels)
    return counts / counts.sum(axis=1, keepdims=True)


def wawa(votes, labels):
    top = shares(votes, labels).argmax(axis=1)
    return shares(votes, labels, (votes == top[:, None]).mean(axis=0))


def confusion(votes, labels, t):
    """judge × said × true."""
    judges = votes.shape[1]
    cell = (np.arange(judges) * labels + votes).ravel()
    counts = np.empty((judges * labels, labels))
    for c in range(labels):
        w = np.broadcast_to(t[:, c, None], votes.shape).ravel()
        counts[:, c] = np.bincount(cell, weights=w, minlength=judges * labels)
    counts = counts.reshape(judges, labels, labels).clip(1e-10)
    return counts / counts.sum(axis=1, keepdims=True)


def dawid_skene(votes, labels, rounds):
    t = shares(votes, labels)
    for _ in range(rounds):
        logs = np.log(confusion(votes, labels, t))
        sums = np.tile(np.log(t.mean(axis=0)), (len(votes), 1))
        for j in range(votes.shape[1]):
            sums += logs[j][votes[:, j]]
        sums = np.exp(sums - sums.max(axis=1, keepdims=True))
        t = sums / sums.sum(axis=1, keepdims=True)
    return t


def main():
    path, judges, labels, rounds = sys.argv[1], *map(int, sys.argv[2:])
    votes = np.fromfile(path, dtype=np.uint8).reshape(-1, judges).astype(np.int64)
    for name, run in {
        "majority": lambda: shares(votes, labels),
        "wawa": lambda: wawa(votes, labels),
        "dawid-skene": lambda: dawid_skene(votes, labels, rounds),
    }.items():
        start = time.monotonic()
        p = run()
        seconds = time.monotonic() - start
        print(json.dumps({"method": name, "seconds": seconds, "sum": float(p[:, 0].sum())}), flush=True)


if __name__ == "__main__":
    main()
