"""vw_epoch.py FOLDER EPOCHS: passes of Vowpal Wabbit over its cache file. Prints the milliseconds of
each, without the start of the program."""
import os
import subprocess
import sys
import time

import numpy as np

folder = sys.argv[1]
text, cache = folder + "/vw.txt", folder + "/vw.cache"


def vw(*words):
    start = time.perf_counter()
    subprocess.run(["vw", "--quiet", "--loss_function", "logistic", *words], check=True)
    return time.perf_counter() - start


if not os.path.exists(cache):
    x, y = np.load(folder + "/x.npy"), np.load(folder + "/y.npy")
    with open(text, "w", encoding="ascii") as to:
        for row, label in zip(x, y):
            cells = " ".join(f"{i}:{row[i] / 255:.4f}" for i in np.flatnonzero(row))
            to.write(f"{1 if label == 0 else -1} | {cells}\n")
    vw("-d", text, "--cache_file", cache)
    os.remove(text)
    with open(folder + "/one.txt", "w", encoding="ascii") as to:
        to.write("1 | 0:1\n")
for _ in range(int(sys.argv[2])):
    print((vw("--cache_file", cache) - vw("-d", folder + "/one.txt")) * 1e3)
