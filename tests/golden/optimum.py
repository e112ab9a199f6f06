#!/usr/bin/python3
"""Writes optimum.json: the weights at which penalised losses are least, by Newton's method in numpy
float64.

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


print(json.dumps([least(*case) for case in CASES], indent=0))
