"""sklearn_epoch.py FOLDER EPOCHS: scikit-learn's SGDClassifier, rows in order, one pass. Prints the
milliseconds of each."""
import sys
import time

import numpy as np
from sklearn.linear_model import SGDClassifier

x = np.load(sys.argv[1] + "/x.npy").astype(np.float64) / 255
y = (np.load(sys.argv[1] + "/y.npy") == 0).astype(np.float64)
for _ in range(int(sys.argv[2])):
    model = SGDClassifier(loss="log_loss", shuffle=False, max_iter=1, tol=None, penalty=None,
                          learning_rate="constant", eta0=0.01)
    start = time.perf_counter()
    model.fit(x, y)
    print((time.perf_counter() - start) * 1e3)
