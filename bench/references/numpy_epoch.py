"""numpy_epoch.py FOLDER EPOCHS: binary logistic regression in float32, batches of 128 in order, as
fast as numpy does it, with all cores its BLAS takes. Prints the milliseconds of each epoch."""
import sys
import time

import numpy as np

BATCH = 128

x = np.load(sys.argv[1] + "/x.npy").astype(np.float32) / 255
y = (np.load(sys.argv[1] + "/y.npy") == 0).astype(np.float32)
for _ in range(int(sys.argv[2])):
    w = np.zeros(x.shape[1], np.float32)
    start = time.perf_counter()
    for at in range(0, len(x), BATCH):
        rows = x[at:at + BATCH]
        p = 1 / (1 + np.exp(-(rows @ w)))
        w -= np.float32(0.1 / len(rows)) * ((p - y[at:at + BATCH]) @ rows)
    print((time.perf_counter() - start) * 1e3)
