"""pandas_train.py TRAIN TEST OUT: what a person would write: two CSV files read with pandas, one
epoch of binary logistic regression with numpy, the accuracy on the test set, the weights as CSV."""
import sys

import numpy as np
import pandas as pd

BATCH = 128


def table(path):
    frame = pd.read_csv(path)
    y = (frame["label"].to_numpy() == 0).astype(np.float32)
    return frame.drop(columns="label").to_numpy().astype(np.float32) / 255, y


x, y = table(sys.argv[1])
w = np.zeros(x.shape[1], np.float32)
for at in range(0, len(x), BATCH):
    rows = x[at:at + BATCH]
    p = 1 / (1 + np.exp(-(rows @ w)))
    w -= np.float32(0.1 / len(rows)) * ((p - y[at:at + BATCH]) @ rows)
test_x, test_y = table(sys.argv[2])
print("test accuracy", np.mean((test_x @ w >= 0) == (test_y == 1)))
np.savetxt(sys.argv[3], w, delimiter=",")
