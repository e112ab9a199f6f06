"""The definition of a training, in plain Python floats: mean gradient over consecutive rows, one
step a batch, losses taken before the step."""
import csv
import math
import os
from operator import mul

from dtqtest import DATA


def table(name, label, positive=None, scale=1.0):
    """Rows of features and labels; label is a column's name."""
    with open(os.path.join(DATA, name), encoding="ascii", newline="") as source:
        rows = csv.reader(source)
        at = next(rows).index(label)
        values = [[float(cell) for cell in row] for row in rows]
    labels = [row.pop(at) for row in values]
    if positive is not None:
        labels = [1.0 if one == positive else 0.0 for one in labels]
    return [[v / scale for v in row] for row in values], labels


def one_row(model, x, y, w):
    """Output minus target, loss, and whether the row is classified well."""
    z = sum(map(mul, x, w))
    if model == "linreg":
        return z - y, (z - y) ** 2, False
    p = 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
    margin = z if y else -z
    return (p - y, max(0, -margin) + math.log1p(math.exp(-abs(margin))), (p >= 0.5) == (y == 1))


def evaluate(model, rows, labels, w):
    """Mean loss and accuracy."""
    parts = [one_row(model, x, y, w) for x, y in zip(rows, labels)]
    return (math.fsum(part[1] for part in parts) / len(rows),
            sum(part[2] for part in parts) / len(rows))


def train(model, rows, labels, *, batch, lr, epochs, w=None, test=None):
    """(weights, [(running loss, running accuracy, test loss, test accuracy) of each epoch],
    (loss, accuracy) of the rows with these weights)."""
    w = list(w or [0.0] * len(rows[0]))
    story = []
    for _ in range(epochs):
        losses, hits = [], 0
        for at in range(0, len(rows), batch):
            gradient = [0.0] * len(w)
            xs, ys = rows[at:at + batch], labels[at:at + batch]
            for x, y in zip(xs, ys):
                error, loss, hit = one_row(model, x, y, w)
                losses.append(loss)
                hits += hit
                gradient = [g + error * v for g, v in zip(gradient, x)]
            w = [v - lr / len(xs) * g for v, g in zip(w, gradient)]
        story.append((math.fsum(losses) / len(rows), hits / len(rows))
                     + (evaluate(model, *test, w) if test else (None, None)))
    return w, story, evaluate(model, rows, labels, w)
