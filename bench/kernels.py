"""One epoch of binary logistic regression without a queue: our loop, and how others do it; and
reading the CSV file."""
import os
import re
import shutil
import subprocess

import mnist
from figures import Spread, interleave
from rig import HERE, tool

EPOCHS = 4  # a measurement; the best of them counts, as for our kernel


def reference(name, *words):
    return os.path.join(HERE, "references", name), *words


def best_line(words):
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return min(float(row) for row in done.stdout.split())


def kernel_ms():
    """The fastest of our kernels."""
    done = subprocess.run([tool("kernel")], check=True, capture_output=True, text=True)
    return min(float(ms) for ms in re.findall(r"([\d.]+) ms/epoch", done.stdout))


def epochs(report, repeats, folder, what):
    ways, notes = {"dtq kernel, double, one thread": kernel_ms}, [f"Data: {what}."]
    for title, script, modules, program in (
            ("numpy float32, all cores", "numpy_epoch.py", ("numpy",), None),
            ("SGDClassifier, one thread", "sklearn_epoch.py", ("sklearn",), None),
            ("Vowpal Wabbit, cached pass", "vw_epoch.py", ("numpy",), "vw")):
        python = mnist.python(*modules)
        if not python or (program and not shutil.which(program)):
            notes.append(f"{title} is left out: not installed (bench/install.sh installs it)")
            continue
        ways[title] = lambda python=python, script=script: best_line(
            [python, *reference(script, folder, str(EPOCHS))])
    results = {name: Spread(values) for name, values in interleave(repeats, ways).items()}
    ours = next(iter(results.values())).median
    bars = {"numpy float32, all cores": "1 x", "SGDClassifier, one thread": "6 x",
            "Vowpal Wabbit, cached pass": "5 x"}
    report.table("One epoch, 60,000 x 784, batches of 128 (ms)",
                 ["", "ms", "times dtq", "bar"],
                 [[name, spread, spread.median / ours, bars.get(name, "")]
                  for name, spread in results.items()], notes)


def parse_ms(path):
    """{way: milliseconds} of our reader."""
    done = subprocess.run([tool("parse"), path], check=True, capture_output=True, text=True)
    return {title.strip(): float(ms)
            for title, ms in re.findall(r"^(.*?) +([\d.]+) ms", done.stdout, re.M)}


def parsing(report, repeats, folder):
    """train.csv into a table: ours with one thread, data.table's with all cores."""
    path, notes = os.path.join(folder, "train.csv"), []
    ways = {"dtq": lambda: parse_ms(path)}
    if shutil.which("Rscript"):
        ways["fread"] = lambda: best_line(["Rscript", *reference("fread.R", path, "3")])
    else:
        notes.append("data.table is left out: not installed (bench/install.sh installs it)")
    results = interleave(repeats, ways)
    ours = {title: Spread([row[title] for row in results["dtq"]]) for title in results["dtq"][0]}
    rows = [["dtq, one thread: " + title, spread,
             "5 ms" if title.startswith("map") else ""] for title, spread in ours.items()]
    if "fread" in results:
        fread = Spread(results["fread"])
        cached = next(spread for title, spread in ours.items() if title.endswith("into the cache"))
        rows += [["data.table's fread, all cores", fread, ""],
                 ["fread / parse into the cache", fread.median / cached.median, "2.5"]]
    report.table(f"Reading train.csv, {os.path.getsize(path) / 1e6:.0f} MB (ms)",
                 ["", "ms", "bar"], rows, notes)


def run(report, repeats, _scale):
    with mnist.data() as (folder, what):
        epochs(report, repeats, folder, what)
        parsing(report, repeats, folder)
