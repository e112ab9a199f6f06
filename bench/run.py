"""Measures what the sections' names say and prints tables; also as JSON, in bench/results/.

usage: run.py [SECTION...]
"""
import importlib
import os
import sys

import figures

HERE = os.path.dirname(os.path.abspath(__file__))
SECTIONS = ("kernels", "training", "throughput", "latency", "memory", "scaling")


def main():
    wanted = sys.argv[1:] or SECTIONS
    for name in wanted:
        if name not in SECTIONS:
            sys.exit(f"run.py: there is no section {name}; there are: {' '.join(SECTIONS)}")
    repeats = int(os.environ.get("DTQ_BENCH_REPEATS", "5"))
    scale = float(os.environ.get("DTQ_BENCH_SCALE", "1"))
    report = figures.Report()
    about = figures.machine()
    print(f"{about['processor']}, {about['cores']} cores, {about['system']}, load at the start "
          f"{about['load']:.1f}; each figure {repeats} times by turns: median (least .. most)")
    try:
        for name in wanted:
            importlib.import_module(name).run(report, repeats, scale)
    finally:
        print("written to", report.write(os.path.join(HERE, "results")))


if __name__ == "__main__":
    main()
