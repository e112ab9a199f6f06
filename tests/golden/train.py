#!/usr/bin/python3
"""Writes train.json: what trainings must come to, computed with numpy in float64.

Run it in the top folder of the tree: python3 tests/golden/train.py > tests/golden/train.json
The formulas are those of docs and headers, written down again without a look at the C code.
"""
import json

import numpy as np

CASES = [
    "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
    "|epochs=3|batchSize=100|lr=0.5",
    "model=logreg|task=binary_is_8|dataRef=file:digits.csv|hasHeader=true|normalize=16|csvLabel=label"
    "|epochs=2|batchSize=1|lr=0.05|samples=1000|testRef=file:digits.csv",
    "model=logreg|task=binary_is_one|dataRef=file:digits.csv|hasHeader=true"
    "|epochs=20|batchSize=5000|lr=0.01|testRef=file:digits.csv",
    "model=logreg|dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign|normalize=1000"
    "|epochs=40|batchSize=64|lr=2|testRef=file:breast_cancer.csv",
    "model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=last|normalize=400"
    "|epochs=7|batchSize=50|lr=0.2",
    "model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=progression|normalize=300"
    "|epochs=2|batchSize=442|lr=0.1|init=weights|w=1,2,3,4,5,6,7,8,9,-10|testRef=file:diabetes.csv",
]
WORDS = "zero one two three four five six seven eight nine".split()


def load(ref, label):
    with open("data/" + ref.removeprefix("file:"), encoding="ascii") as lines:
        names = lines.readline().strip().split(",")
        table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    at = {"first": 0, "last": len(names) - 1}.get(label)
    at = names.index(label) if at is None else at
    return np.delete(table, at, axis=1), table[:, at]


def forward(model, x, y, w):
    """Output minus target, losses and hits of each row."""
    z = x @ w
    if model == "linreg":
        return z - y, (z - y) ** 2, np.zeros(len(y))
    p = 1 / (1 + np.exp(-z))
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return p - y, -(y * np.log(q) + (1 - y) * np.log(1 - q)), (p >= 0.5) == (y == 1)


def train(text):
    given = dict(piece.split("=", 1) for piece in text.split("|"))
    model, scale = given["model"], float(given.get("normalize", 1))
    label = given.get("csvLabel", "first")

    def table(ref):
        x, y = load(ref, label)
        if "task" in given:
            word = given["task"].removeprefix("binary_is_")
            y = (y == (WORDS.index(word) if word in WORDS else float(word))).astype(float)
        return x / scale, y

    x, y = table(given["dataRef"])
    rows = int(given.get("samples", len(x)))
    x, y = x[:rows], y[:rows]
    w = np.array([float(v) for v in given["w"].split(",")]) if "w" in given else np.zeros(x.shape[1])
    out = {"params": text, "loss": [], "accuracy": [], "testLoss": []}
    for _ in range(int(given["epochs"])):
        loss = hits = 0
        for at in range(0, rows, int(given["batchSize"])):
            part = slice(at, min(at + int(given["batchSize"]), rows))
            error, losses, hit = forward(model, x[part], y[part], w)
            loss += losses.sum()
            hits += hit.sum()
            w = w - float(given["lr"]) * (x[part].T @ error) / len(error)
        accuracy = hits / rows
        if "testRef" in given:
            tx, ty = table(given["testRef"])
            _, losses, hit = forward(model, tx, ty, w)
            accuracy = hit.mean()
            out["testLoss"].append(losses.mean())
        out["loss"].append(loss / rows)
        if model == "logreg":
            out["accuracy"].append(accuracy)
    out["weights"] = list(w)
    return out


print(json.dumps([train(text) for text in CASES], indent=0))
