#!/usr/bin/python3
"""Writes optimum.json: the weights at which penalised losses are least, and, of hard tables, what
the loss is there; by Newton's method in numpy float64.

Run it in the top folder of the tree: python3 tests/golden/optimum.py > tests/golden/optimum.json
"""
import json

import numpy as np

from train import CANCER, DIABETES, tables

CASES = [
    ("model=logreg|" + CANCER + "|normalize=standard|bias=true|l2=0.01", 0.01),
    ("model=logreg|" + CANCER + "|normalize=standard|l2=0.1|classWeight=balanced", 0.1),
    ("model=linreg|" + DIABETES + "|normalize=minmax|bias=true|l2=0.001", 0.001),
]


def least(text, l2):
    given = dict(piece.split("=", 1) for piece in text.split("|"))
    (x, y), _, _ = tables(given)
    plain = np.full(x.shape[1], l2)
    if given.get("bias") == "true":
        x, plain = np.hstack([x, np.ones((len(y), 1))]), np.append(plain, 0)
    weight = np.ones(len(y))
    if given.get("classWeight") == "balanced":
        weight = np.where(y == 1, len(y) / 2 / y.sum(), len(y) / 2 / (1 - y).sum())
    w = np.zeros(x.shape[1])
    for _ in range(100):
        z = x @ w
        p = z if given["model"] == "linreg" else 1 / (1 + np.exp(-z))
        curve = weight if given["model"] == "linreg" else weight * p * (1 - p)
        gradient = x.T @ (weight * (p - y)) / len(y) + plain * w
        w = w - np.linalg.solve((x.T * curve) @ x / len(y) + np.diag(plain), gradient)
    return {"params": text, "weights": list(w), "slope": np.abs(gradient).max()}


# Tables that gradient methods find hard: columns of any scale, far from 0, alike, or without any
# variation; labels that a plane divides.
BINARY = "model=logreg|bias=true|l2=%g"
HARD = [
    (BINARY % 0.01, {"scales": [1e9, 1e6, 1e3, 1, 1e-3, 1e-6, 1e-9]}),
    ("model=logreg|l2=0.01", {"scales": [1, 1e3, 1e6], "shifts": [4, 8, 2]}),
    (BINARY % 1e-4, {"scales": [1, 1e3, 1e-6, 10], "shifts": [16, 8, 64, 2]}),
    (BINARY % 0.01, {"scales": [100] * 12 + [2e4] * 3, "power": 9}),
    (BINARY % 1e-4, {"scales": [100] * 12 + [2e4] * 3, "power": 9}),
    (BINARY % 0.01, {"scales": [1, 2, 1, 0, 4], "copies": True}),
    (BINARY % 1e-6, {"scales": [1, 1, 50], "divided": True}),
    (BINARY % 0.01, {"scales": [0, 0, 0]}),
    ("model=linreg|bias=true", {"scales": [1, 1e3, 1e6], "shifts": [16, 8, 2]}),
    ("model=linreg|bias=true|l2=0.01", {"scales": [1, 1e3, 1e6, 1e-9], "shifts": [16, 8, 2, 0]}),
    ("model=linreg|l2=0.001", {"scales": [1, 1e3, 1e6, 1e-9]}),
    ("model=softmax|bias=true|l2=0.001", {"scales": [1, 1e3, 1e-6], "shifts": [16, 8, 64]}),
    ("model=softmax|l2=0.01|normalize=255", {"scales": [1, 1e3, 1e6], "shifts": [1, 0, 2]}),
]
ROWS = 300


def hard(spec, model, seed=11):
    """As hard_table of tests/unit/test_optimum.c, to the bit."""
    draws = []
    for _ in range(ROWS * (len(spec["scales"]) + 1)):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        draws.append((seed >> 32) / 2**31 - 1)
    draws = np.array(draws).reshape(ROWS, -1)
    x, noise = draws[:, :-1].copy(), draws[:, -1]
    for _ in range(spec.get("power", 1) - 1):
        x *= draws[:, :-1]
    if spec.get("copies"):
        x[:, 2:] = x[:, :1]
    x = (x + np.array(spec.get("shifts", [0] * len(spec["scales"])))) * np.array(spec["scales"])
    signal = draws[:, 0] + draws[:, 1]
    if not spec.get("divided"):
        signal = signal + noise
    if model == "linreg":
        return x, signal + signal
    return x, (signal > 0).astype(float) + ((signal > 1) if model == "softmax" else 0)


def value(z, y, classes):
    if classes == 1:
        return np.logaddexp(0, np.where(y == 1, -z[:, 0], z[:, 0])).mean()
    return (np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), y.astype(int)]).mean()


def least_value(text, spec):
    """Newton's method with halved steps, in weights by which all second derivatives are alike."""
    given = dict(piece.split("=", 1) for piece in text.split("|"))
    model, l2 = given["model"], float(given.get("l2", 0))
    x, y = hard(spec, model)
    x = x / float(given.get("normalize", 1))
    penalty = np.full(x.shape[1], l2)
    if given.get("bias") == "true":
        x, penalty = np.hstack([x, np.ones((ROWS, 1))]), np.append(penalty, 0)
    unit = np.sqrt((x**2).mean(axis=0) + penalty)
    unit[unit == 0] = 1
    x, penalty = x / unit, penalty / unit**2
    if model == "linreg":
        w = np.linalg.lstsq(np.vstack([x / np.sqrt(ROWS), np.diag(np.sqrt(penalty))]),
                            np.append(y / np.sqrt(ROWS), np.zeros(len(penalty))), rcond=None)[0]
        return ((x @ w - y)**2).mean() / 2 + (penalty * w * w).sum() / 2
    classes = 3 if model == "softmax" else 1
    w, width = np.zeros(classes * x.shape[1]), x.shape[1]

    def at(w):
        rows = w.reshape(classes, width)
        return value(x @ rows.T, y, classes) + (penalty * rows**2).sum() / 2

    for _ in range(200):
        rows = w.reshape(classes, width)
        z = x @ rows.T
        if classes == 1:
            p = 1 / (1 + np.exp(-z))
            error, parts = p - y[:, None], [[p[:, 0] * (1 - p[:, 0])]]
        else:
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            error = p - (y[:, None] == np.arange(classes))
            parts = [[p[:, a] * ((a == b) - p[:, b]) for b in range(classes)]
                     for a in range(classes)]
        gradient = (error.T @ x / ROWS + penalty * rows).ravel()
        hessian = np.block([[(x.T * c) @ x / ROWS for c in line] for line in parts])
        hessian += np.diag(np.tile(penalty, classes))
        step = np.linalg.lstsq(hessian, -gradient, rcond=1e-14)[0]
        length = 1.0
        while at(w + length * step) > at(w) and length > 1e-9:
            length /= 2
        if length <= 1e-9 or abs(gradient @ step) < 1e-18:
            break
        w = w + length * step
    return at(w)


def hard_case(text, spec):
    return {"params": text, "table": spec, "objective": least_value(text, spec)}


print(json.dumps([least(*case) for case in CASES] + [hard_case(*case) for case in HARD], indent=0))
