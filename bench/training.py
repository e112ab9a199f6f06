"""Training through the queue: what the queue adds to the bare loop, what a second worker brings,
and from two CSV files to a result."""
import os
import shutil
import subprocess
import time

import mnist
from figures import Spread, interleave
from kernels import kernel_ms, reference
from rig import Failure, own_memory, rig

ORDER = ("model=logreg", "dataRef=file:train.csv", "hasHeader=true", "csvLabel=label",
         "task=binary_is_0", "normalize=255", "lr=0.1")


def give(system, folder):
    for name in mnist.SHAPES:
        shutil.copy(os.path.join(folder, name), system.path("data", name))


def epoch_s(system, count, *params):
    """Seconds an epoch, submit to completed, on data that is there already."""
    job = system.submit("train", *ORDER, f"epochs={count}", *params)
    return system.finished_s([job]) / count


def warm(system, *params):
    """Every worker has opened the data."""
    for _ in range(3):
        epoch_s(system, 2, "batchSize=8192", *params)


def against_loop(report, repeats, folder, what):
    count = 40
    with rig(workers=1) as system:
        give(system, folder)
        warm(system)
        results = interleave(repeats, {
            "loop": kernel_ms, "queue": lambda: epoch_s(system, count, "batchSize=128") * 1e3})
    loop, queue = Spread(results["loop"]), Spread(results["queue"])
    report.table("One epoch, sync, batches of 128, one worker slot (ms)", ["", "ms", "bar"], [
        ["bare loop", loop, ""], [f"through the queue, {count} epochs a job", queue, ""],
        ["ratio", queue.median / loop.median, "1.25"]], [f"Data: {what}."])


def two_workers(report, repeats, folder):
    count, rows, notes = 20, [], []
    with rig(workers=1) as one, rig(workers=2) as two:
        for system in (one, two):
            give(system, folder)
            warm(system)
        for title, params, bar in (
                ("sync, batches of 4096", ("batchSize=4096",), "1.6"),
                ("the same, tested after each epoch",
                 ("batchSize=4096", "testRef=file:test.csv"), ""),
                ("sync, batches of 512", ("batchSize=512",), ""),
                ("async, batches of 4096", ("mode=async", "batchSize=4096"), ""),
                ("average", ("mode=average", "batchSize=128"), "1.8")):
            try:
                results = interleave(repeats, {
                    "one": lambda params=params: epoch_s(one, count, *params) * 1e3,
                    "two": lambda params=params: epoch_s(two, count, *params) * 1e3})
            except Failure as failure:
                notes.append(f"{title} is left out: {str(failure).strip().splitlines()[-1]}")
                continue
            single, double = Spread(results["one"]), Spread(results["two"])
            rows.append([title, single, double, single.median / double.median, bar])
        mine = max(own_memory(process.pid) for process in two.workers.values())
    report.table("One epoch with one and with two workers (ms)",
                 ["", "one", "two", "speed-up", "bar"], rows, notes + [
                     f"Memory of a worker that is its own: {mine / 1e6:.1f} MB at the most "
                     "(bar: 20 MB plus the model)."])


def cold_s(folder):
    """From CSV files to a test accuracy and weights in a file, against a running system."""
    with rig() as system:
        give(system, folder)
        start = time.monotonic()
        job = system.run("train", *ORDER, "testRef=file:test.csv", "batchSize=128", "epochs=1")
        with open(system.path("weights.csv"), "w", encoding="ascii") as to:
            to.write(system.dtq("weights", job["jobId"]).out)
        return time.monotonic() - start


def from_nothing(report, repeats, folder):
    ways = {"dtq": lambda: cold_s(folder)}
    python, notes = mnist.python("numpy", "pandas"), []
    script = [python, *reference("pandas_train.py", folder + "/train.csv", folder + "/test.csv",
                                 folder + "/weights.csv")]

    def pandas():
        start = time.monotonic()
        subprocess.run(script, check=True, capture_output=True)
        return time.monotonic() - start
    if python:
        ways["pandas"] = pandas
    else:
        notes.append("pandas is left out: not installed (bench/install.sh installs it)")
    results = {name: Spread(values) for name, values in interleave(repeats, ways).items()}
    rows = [["dtq train, cold cache, 2 workers", results["dtq"], "", ""]]
    if "pandas" in results:
        rows.append(["pandas and numpy", results["pandas"],
                     results["pandas"].median / results["dtq"].median, "4 x"])
    report.table("From two CSV files to test accuracy and weights (s)",
                 ["", "s", "times dtq", "bar"], rows, notes)


def run(report, repeats, _scale):
    with mnist.data() as (folder, what):
        against_loop(report, repeats, folder, what)
        two_workers(report, repeats, folder)
        from_nothing(report, repeats, folder)
