#!/usr/bin/python3
"""Writes train.json: what trainings must come to, computed with numpy in float64.

Run it in the top folder of the tree: python3 tests/golden/train.py > tests/golden/train.json
The formulas are those of docs and headers, written down again without a look at the C code, but for
the order of shuffled rows, which is an algorithm of its own (jobs/train/shuffle.h).
"""
import json

import numpy as np

DIGITS = "dataRef=file:digits.csv|hasHeader=true"
CANCER = "dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign"
DIABETES = "dataRef=file:diabetes.csv|hasHeader=true|csvLabel=progression"
ZERO = "model=logreg|task=binary_is_zero|" + DIGITS + "|normalize=16"
ZERO_100 = ZERO.replace("normalize=16", "normalize=17") + "|samples=100"
CASES = [
    "model=logreg|task=binary_is_zero|" + DIGITS + "|normalize=16|epochs=3|batchSize=100|lr=0.5",
    "model=logreg|task=binary_is_8|" + DIGITS + "|normalize=16|csvLabel=label"
    "|epochs=2|batchSize=1|lr=0.05|samples=1000|testRef=file:digits.csv",
    "model=logreg|task=binary_is_one|" + DIGITS
    + "|epochs=20|batchSize=1700|lr=0.01|testRef=file:digits.csv",
    ZERO_100 + "|epochs=1|batchSize=128|lr=0.1",
    "model=logreg|" + CANCER + "|normalize=1000"
    "|epochs=40|batchSize=64|lr=2|testRef=file:breast_cancer.csv",
    "model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=last|normalize=400"
    "|epochs=7|batchSize=50|lr=0.2",
    "model=linreg|" + DIABETES + "|normalize=300"
    "|epochs=2|batchSize=442|lr=0.1|init=weights|w=1,2,3,4,5,6,7,8,9,-10|testRef=file:diabetes.csv",
    # optimisers, penalties and schedules
    ZERO + "|bias=true|momentum=0.9|l2=0.01|epochs=3|batchSize=100|lr=0.1|lrSchedule=invscaling",
    ZERO + "|bias=true|l1=0.002|epochs=4|batchSize=64|lr=0.3|lrSchedule=step|lrEvery=2|lrDrop=0.3",
    ZERO + "|optimizer=adagrad|l1=0.001|epochs=3|batchSize=128|lr=0.1|holdout=5|metrics=full",
    ZERO + "|optimizer=adam|l2=0.001|bias=true|epochs=5|batchSize=128|lr=0.02|lrSchedule=cosine"
    "|classWeight=balanced|holdout=7",
    # normalisation, order, classes
    "model=logreg|" + CANCER + "|normalize=standard|bias=true|epochs=6|batchSize=32|lr=0.2"
    "|shuffle=true|seed=42|holdout=5|metrics=full",
    "model=linreg|" + DIABETES + "|normalize=standard|bias=true|epochs=8|batchSize=40|lr=0.05"
    "|holdout=5|l2=0.1",
    "model=linreg|" + DIABETES + "|normalize=minmax|bias=true|optimizer=adam|epochs=5|batchSize=32"
    "|lr=3|shuffle=true",
    "model=softmax|task=multiclass|" + DIGITS + "|normalize=16|epochs=2|batchSize=50|lr=0.5"
    "|bias=true|holdout=5",
    "model=softmax|" + DIGITS + "|normalize=standard|samples=600|epochs=2|batchSize=30|lr=0.1"
    "|classWeight=balanced|shuffle=true|seed=9|optimizer=adagrad|l2=0.001",
    # average: shards by themselves, then their mean
    ZERO + "|mode=average|epochs=3|batchSize=64|lr=0.5|testRef=file:digits.csv",
    "model=softmax|" + DIGITS + "|normalize=16|mode=average|shards=3|samples=500|epochs=2"
    "|batchSize=20|lr=0.3|momentum=0.5|bias=true|shuffle=true",
    "model=linreg|" + DIABETES + "|normalize=minmax|mode=average|shards=5|optimizer=adam|epochs=4"
    "|batchSize=16|lr=2|bias=true|holdout=4",
]
WORDS = "zero one two three four five six seven eight nine".split()
MASK = 2**64 - 1


def load(ref, label):
    with open("data/" + ref.removeprefix("file:"), encoding="ascii") as lines:
        names = lines.readline().strip().split(",")
        table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    at = {"first": 0, "last": len(names) - 1}.get(label)
    at = names.index(label) if at is None else at
    return np.delete(table, at, axis=1), table[:, at]


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def order(rows, seed, epoch):
    """The rows in the order of an epoch: six Feistel rounds, walked along their cycles."""
    half, keys, key = 1, [], mix(mix(seed) ^ epoch)
    while half < 32 and rows > 1 << (2 * half):
        half += 1
    for _ in range(6):
        key = mix(key)
        keys.append(key)

    def permute(x):
        left, right = x >> half, x & ((1 << half) - 1)
        for k in keys:
            left, right = right, left ^ (mix(right ^ k) & ((1 << half) - 1))
        return left << half | right

    out = []
    for place in range(rows):
        place = permute(place)
        while place >= rows:
            place = permute(place)
        out.append(place)
    return out


class Model:
    """Weights (outputs, features + bias); rows have a 1 behind them when there is a bias."""

    def __init__(self, given, x, y):
        self.kind = given["model"]
        self.classes = np.unique(y) if self.kind == "softmax" else None
        self.outputs = len(self.classes) if self.kind == "softmax" else 1
        self.given = given
        self.bias = given.get("bias") == "true"
        self.width = x.shape[1] + self.bias
        self.weight = np.ones(max(2, self.outputs))

    def balance(self, y):
        if self.given.get("classWeight") != "balanced":
            return
        names = self.classes if self.kind == "softmax" else np.array([0, 1])
        counts = np.array([(y == name).sum() for name in names])
        self.weight = len(y) / (len(names) * counts)

    def scores(self, x, w):
        w = w.reshape(self.outputs, self.width)
        return x @ w[:, :x.shape[1]].T + (w[:, -1] if self.bias else 0)

    def forward(self, x, y, w):
        """d loss / d scores by the weights of classes, losses, guesses and hits of each row."""
        z = self.scores(x, w)
        if self.kind == "linreg":
            error = z[:, 0] - y
            return error[:, None], error**2, error, np.zeros(len(y))
        if self.kind == "logreg":
            p = 1 / (1 + np.exp(-z[:, 0]))
            loss = np.logaddexp(0, np.where(y == 1, -z[:, 0], z[:, 0]))
            guess = (p >= 0.5).astype(float)
            return ((p - y) * self.weight[y.astype(int)])[:, None], loss, guess, guess == y
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        at = np.searchsorted(self.classes, y)
        loss = np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), at]
        guess = p.argmax(axis=1)
        one = np.zeros_like(p)
        one[np.arange(len(y)), at] = 1
        return (p - one) * self.weight[at][:, None], loss, guess, guess == at

    def gradient(self, x, y, w):
        error, loss, _, hit = self.forward(x, y, w)
        g = np.zeros((self.outputs, self.width))
        g[:, :x.shape[1]] = error.T @ x
        if self.bias:
            g[:, -1] = error.sum(axis=0)
        return g.ravel() / len(y), loss.sum(), hit.sum()

    def penalised(self):
        """1 for weights that penalties touch, 0 for biases."""
        m = np.ones((self.outputs, self.width))
        if self.bias:
            m[:, -1] = 0
        return m.ravel()


class Optimizer:
    def __init__(self, given, model):
        self.given, self.model = given, model
        self.kind = given.get("optimizer", "sgd")
        self.lr, self.momentum = float(given["lr"]), float(given.get("momentum", 0))
        self.l1, self.l2 = float(given.get("l1", 0)), float(given.get("l2", 0))
        count = model.outputs * model.width
        self.state = np.zeros((2, count))

    def rate(self, epoch, step, steps):
        done, kind = epoch * steps + step, self.given.get("lrSchedule", "constant")
        if kind == "step":
            return self.lr * float(self.given["lrDrop"])**(epoch // int(self.given["lrEvery"]))
        if kind == "invscaling":
            return self.lr / (done + 1)**0.25
        if kind == "cosine":
            return self.lr * (1 + np.cos(np.pi * done / (int(self.given["epochs"]) * steps))) / 2
        return self.lr

    def step(self, w, g, epoch, step, steps):
        lr, t, s = self.rate(epoch, step, steps), epoch * steps + step + 1, self.state
        plain = self.model.penalised()
        g = g + self.l2 * w * plain
        if self.kind == "adagrad":
            s[0] += g**2
            lr = lr / (np.sqrt(s[0]) + 1e-10)
        elif self.kind == "adam":
            s[0] = 0.9 * s[0] + 0.1 * g
            s[1] = 0.999 * s[1] + 0.001 * g**2
            g = s[0] / (1 - 0.9**t)
            lr = lr / (np.sqrt(s[1] / (1 - 0.999**t)) + 1e-8)
        elif self.momentum:
            g = s[0] = self.momentum * s[0] + g
        w = w - lr * g
        shrunk = np.sign(w) * np.maximum(np.abs(w) - lr * self.l1, 0)
        return np.where(plain * self.l1 > 0, shrunk, w)


def auc(scores, y):
    above, below = scores[y == 1], scores[y == 0]
    apart = np.abs(above[:, None] - below)
    assert not ((apart > 0) & (apart < 1e-12)).any(), "a tie but for rounding is no reference"
    wins = (above[:, None] > below).sum() + (above[:, None] == below).sum() / 2
    return wins / (len(above) * len(below))


def f1_of(guess, y):
    hits = ((guess == 1) & (y == 1)).sum()
    precision, recall = hits / max(1, (guess == 1).sum()), hits / max(1, (y == 1).sum())
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def tell(out, model, x, y, w, prefix):
    """What an evaluation says."""
    def put(name, value):
        out.setdefault(prefix + name if prefix else name[0].lower() + name[1:], []).append(value)

    _, loss, guess, hit = model.forward(x, y, w)
    put("Loss", loss.mean())
    if model.kind == "linreg":
        put("R2", 1 - loss.sum() / ((y - y.mean())**2).sum())
        put("Rmse", np.sqrt(loss.mean()))
        put("Mae", np.abs(guess).mean())
        return
    put("Accuracy", hit.mean())
    if model.kind == "logreg":
        put("Auc", auc(model.scores(x, w)[:, 0], y))
        put("F1", f1_of(guess, y))
    else:
        at = np.searchsorted(model.classes, y)
        put("F1", np.mean([f1_of(guess == k, at == k) for k in range(model.outputs)]))


def tables(given):
    """The rows to train on and to test on (or None), as the model sees them."""
    x, y = load(given["dataRef"], given.get("csvLabel", "first"))
    test = load(given["testRef"], given.get("csvLabel", "first")) if "testRef" in given else None
    if "holdout" in given:
        held = np.arange(len(y)) % int(given["holdout"]) == int(given["holdout"]) - 1
        test, x, y = (x[held], y[held]), x[~held], y[~held]
    rows = int(given.get("samples", len(x)))
    x, y = x[:rows], y[:rows]
    kind = given.get("normalize", "none")
    low, width = 0, float(kind) if kind[0].isdigit() else 1
    if kind == "standard":
        low, width = x.mean(axis=0), x.std(axis=0)
    elif kind == "minmax":
        low, width = x.min(axis=0), x.max(axis=0) - x.min(axis=0)
    width = np.where(width == 0, 1, width)

    def seen(pair):
        tx, ty = pair
        if given.get("task", "").startswith("binary_is_"):
            word = given["task"].removeprefix("binary_is_")
            ty = (ty == (WORDS.index(word) if word in WORDS else float(word))).astype(float)
        return (tx - low) / width, ty

    return seen((x, y)), test and seen(test), y


def epoch_of(model, optimizer, x, y, w, epoch, batch, steps):
    """The batches of x in order; w afterwards, losses and hits on the way."""
    loss = hits = 0
    for step, at in enumerate(range(0, len(y), batch)):
        g, losses, hit = model.gradient(x[at:at + batch], y[at:at + batch], w)
        loss, hits = loss + losses, hits + hit
        w = optimizer.step(w, g, epoch, step, steps)
    return w, loss, hits


def shards_of(model, optimizer, x, y, w, epoch, batch, count):
    rows, loss, hits = len(y), 0, 0
    ends = [i * (rows // count) + i * (rows % count) // count for i in range(count + 1)]
    steps = -(-(-(-rows // count)) // batch)
    sum_w, sum_state, start = 0, 0, optimizer.state
    for first, last in zip(ends, ends[1:]):
        optimizer.state = start.copy()
        part, losses, hit = epoch_of(model, optimizer, x[first:last], y[first:last], w, epoch,
                                     batch, steps)
        sum_w = sum_w + (last - first) * part
        sum_state = sum_state + (last - first) * optimizer.state
        loss, hits = loss + losses, hits + hit
    optimizer.state = sum_state / rows
    return sum_w / rows, loss, hits


def train(text):
    given = dict(piece.split("=", 1) for piece in text.split("|"))
    (x, y), test, raw = tables(given)
    model = Model(given, x, raw if given["model"] == "softmax" else y)
    model.balance(y)
    optimizer = Optimizer(given, model)
    batch, rows = int(given["batchSize"]), len(y)
    w = np.array([float(v) for v in given["w"].split(",")]) if "w" in given else np.zeros(
        model.outputs * model.width)
    out = {"params": text}
    for epoch in range(int(given["epochs"])):
        seen = order(rows, int(given.get("seed", 1)), epoch) if "shuffle" in given else range(rows)
        ex, ey = x[list(seen)], y[list(seen)]
        if given.get("mode") == "average":
            w, loss, hits = shards_of(model, optimizer, ex, ey, w, epoch, batch,
                                      int(given.get("shards", 8)))
        else:
            w, loss, hits = epoch_of(model, optimizer, ex, ey, w, epoch, batch, -(-rows // batch))
        if given.get("metrics") == "full":
            tell(out, model, x, y, w, "")
        else:
            out.setdefault("runningLoss", []).append(loss / rows)
            if model.kind != "linreg":
                out.setdefault("runningAccuracy", []).append(hits / rows)
        if test:
            tell(out, model, *test, w, "test")
    out["weights"] = list(w)
    end = {}
    tell(end, model, x, y, w, "")
    if test:
        tell(end, model, *test, w, "test")
    out["end"] = {name: values[0] for name, values in end.items()}
    return out


if __name__ == "__main__":
    print(json.dumps([train(text) for text in CASES], indent=0))
