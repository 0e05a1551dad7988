#!/usr/bin/env python3
"""Values that statistics/quantitative/ is held against: the same features and fits by other
means (SipHash in Python, Newton's method and dense systems in numpy, no line shared).

    python3 tests/data/quantitative_values.py > tests/unit/quantitative_values.h
"""
import math
import struct

import numpy as np

D, N, LEVELS = 1024, 40, 4
MASK = (1 << 64) - 1


def siphash(data, key=b"assize map order"):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rotl(x, b):
        return ((x << b) | (x >> (64 - b))) & MASK

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotl(v[1], 13) ^ v[0]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotl(v[1], 17) ^ v[2]
            v[2] = rotl(v[2], 32)

    tail = data[len(data) // 8 * 8:]
    words = [struct.unpack("<Q", data[i:i + 8])[0] for i in range(0, len(data) // 8 * 8, 8)]
    words.append(struct.unpack("<Q", tail + bytes(7 - len(tail)) + bytes([len(data) & 255]))[0])
    for m in words:
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def mix(a, b):
    x = a ^ (b * 0x9E3779B97F4A7C15 & MASK)
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCD & MASK
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return x ^ x >> 33


def features(text):
    """For texts of small letters and spaces."""
    v = np.zeros(D)
    h = [siphash(w.encode()) for w in text.split()]
    for g in h + [mix(a, b) for a, b in zip(h, h[1:])]:
        v[g % D] += -1 if g >> 63 else 1
    v = np.sign(v) * np.log1p(np.abs(v))
    return v / np.linalg.norm(v) if v.any() else v


def newton(blocks, truth, precision):
    """Conditional logit: blocks is items x labels x parameters."""
    theta = np.zeros(blocks.shape[2])
    for _ in range(100):
        u = blocks @ theta
        p = np.exp(u - u.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        g = np.einsum("nkf,nk->f", blocks, p - truth) + precision * theta
        mean = np.einsum("nkf,nk->nf", blocks, p)
        h = np.einsum("nkf,nk,nkg->fg", blocks, p, blocks) - mean.T @ mean + np.diag(precision)
        step = np.linalg.solve(h, g)
        theta -= step
        if np.abs(step).max() < 1e-13:
            break
    return p


class Stream:
    """A small generator that the C side does not need: texts are printed."""

    def __init__(self):
        self.x = 12345

    def below(self, n):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.x >> 33) % n


WORDS = "clear wrong because answer however both correct missing good detail step error better text".split()


def scene():
    s, items = Stream(), []
    for _ in range(N):
        ballots = []
        for _ in range(1 + s.below(2)):
            n = s.below(9)
            ballots.append((s.below(LEVELS), " ".join(WORDS[s.below(len(WORDS))] for _ in range(n))))
        items.append((ballots, s.below(LEVELS), [s.below(1000) / 100 - 5 for _ in range(LEVELS)]))
    return items


def shares(ballots, k):
    v = np.zeros(k)
    for said, _ in ballots:
        v[said % k] += 1 / len(ballots)
    return v


def compact(x):
    """Without parameters that nothing has."""
    used = np.abs(x).sum(axis=tuple(range(x.ndim - 1))) > 0
    return x[..., used], used


def places(items, k, tie, penalty):
    """k labels, the last one a tie if `tie`; margins go with it."""
    scale = math.sqrt(np.mean([m ** 2 for _, _, margins in items for m in margins[:k]]))
    heads = 2 if tie else 1
    base = 4 if tie else 2
    x = np.zeros((N, k, base + heads * D))
    y = np.zeros((N, k))
    for i, (ballots, truth, margins) in enumerate(items):
        y[i, truth % k] = 1
        s = shares(ballots, k)
        for l in range(k):
            is_tie = tie and l == k - 1
            x[i, l, 3 if is_tie else 0] = s[l]
            x[i, l, 1] = margins[l] / scale
            if is_tie:
                x[i, l, 2] = 1
            for said, text in ballots:
                if said % k == l:
                    x[i, l, base:base + D] += features(text) / len(ballots)
                if is_tie:
                    x[i, l, base + D:] += features(text) / len(ballots)
    x, used = compact(x)
    return newton(x, y, np.r_[np.full(base, 0.16), np.full(heads * D, penalty)][used])


def names(items, k, penalty, levels):
    n_base = 3 + k + k * k
    z = (np.arange(k) - (k - 1) / 2) / np.std(np.arange(k))
    x = np.zeros((N, k, n_base + (1 + k) * D))
    y = np.zeros((N, k))
    for i, (ballots, truth, _) in enumerate(items):
        y[i, truth % k] = 1
        s = shares(ballots, k)
        for l in range(k):
            x[i, l, 0] = s[l]
            if levels:
                x[i, l, 2] = z[l] * (z @ s)
            x[i, l, 3 + l] = 1
            x[i, l, 3 + k + l * k:3 + k + l * k + k] = s
            for said, text in ballots:
                if said % k == l:
                    x[i, l, n_base:n_base + D] += features(text) / len(ballots)
                at = n_base + (1 + l) * D
                x[i, l, at:at + D] += features(text) / len(ballots)
    x, used = compact(x)
    return newton(x, y, np.r_[np.full(n_base, 0.16), np.full((1 + k) * D, penalty)][used])


def least_squares(items, k, penalty):
    z = (np.arange(k) - (k - 1) / 2) / np.std(np.arange(k))
    x = np.zeros((N, 2 + D))
    y = np.array([z[truth % k] for _, truth, _ in items])
    for i, (ballots, _, _) in enumerate(items):
        x[i, 0] = 1
        x[i, 1] = z @ shares(ballots, k)
        x[i, 2:] = np.mean([features(t) for _, t in ballots], axis=0)
    x, used = compact(x)
    precision = np.r_[np.full(2, 1e-3), np.full(D, penalty)][used]
    # By the singular values of the scaled problem, not by the normal equations.
    scaled = x / np.sqrt(precision)
    u, d, vt = np.linalg.svd(scaled, full_matrices=False)
    m = u @ (d ** 2 / (d ** 2 + 1) * (u.T @ y))
    spread = math.sqrt(((y - m) ** 2).sum() / (N - (d ** 2 / (d ** 2 + 1)).sum()))
    q = np.exp(-((z[None, :] - m[:, None]) / spread) ** 2 / 2)
    return q / q.sum(1, keepdims=True)


def rows(name, p):
    print(f"static const double {name}[QUANTITATIVE_N][QUANTITATIVE_LABELS] = {{")
    for row in p:
        print("    {" + ", ".join(f"{v:.12f}" for v in row) + "},")
    print("};\n")


def main():
    items = scene()
    print("/* Made by tests/data/quantitative_values.py, which says how. */")
    print("#pragma once\n")
    print(f"enum {{ QUANTITATIVE_N = {N}, QUANTITATIVE_LABELS = {LEVELS}, QUANTITATIVE_TEXTS = 2 }};\n")
    print("static const struct {\n    int n, said[QUANTITATIVE_TEXTS];")
    print("    const char *text[QUANTITATIVE_TEXTS];\n    int truth;")
    print("    double margins[QUANTITATIVE_LABELS];\n} quantitative_items[QUANTITATIVE_N] = {")
    for ballots, truth, margins in items:
        said = ", ".join(str(b[0]) for b in ballots)
        text = ", ".join(f'"{b[1]}"' for b in ballots)
        print(f"    {{{len(ballots)}, {{{said}}}, {{{text}}}, {truth}, {{{', '.join(str(m) for m in margins)}}}}},")
    print("};\n")
    f = features("the answer is wrong and the step is missing")
    print("/* Of \"the answer is wrong and the step is missing\". */")
    print("static const struct {\n    int at;\n    double value;\n} quantitative_words[] = {")
    for at in np.nonzero(f)[0]:
        print(f"    {{{at}, {f[at]:.15f}}},")
    print("};\n")
    rows("quantitative_pair", places(items, 2, False, 0.3))
    rows("quantitative_ties", places(items, 3, True, 0.3))
    rows("quantitative_best", places(items, 4, False, 1))
    rows("quantitative_names", names(items, 4, 0.5, False))
    rows("quantitative_levels", names(items, 4, 0.5, True))
    rows("quantitative_least_squares", least_squares(items, 4, 0.5))


main()
