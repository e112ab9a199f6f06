#!/usr/bin/env python3
"""Runs the end-to-end tests, some at a time, each in a process and a folder of its own.

usage: run.py [NAME...]     NAME: a file (sums), or a part of a title
"""
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import dtqtest
import processes

AT_A_TIME = int(os.environ.get("DTQ_TEST_JOBS", "3"))
LIMIT_S = 100 * dtqtest.SLOW  # of one test, before it is taken for hung


def collect():
    """(file, title) of all tests, in the order of the files."""
    for entry in sorted(os.listdir(dtqtest.HERE)):
        if entry.startswith("test_") and entry.endswith(".py"):
            importlib.import_module(entry[:-3])
    return [(function.__module__[5:], function.__name__) for function in dtqtest.TESTS]


def run_one(name, title, folder):
    """One test, in this process. True when it passed."""
    def hung(_number, _frame):
        raise processes.Failure("the test took too long and was stopped here")
    signal.signal(signal.SIGTERM, hung)
    processes.adopt_orphans()
    farm = dtqtest.Farm(folder)
    wrong = []
    try:
        getattr(importlib.import_module("test_" + name), title)(farm)
    except processes.Failure as failure:
        where = traceback.extract_tb(failure.__traceback__)
        at = [row for row in where if os.path.basename(row.filename).startswith("test_")][-1:]
        wrong.append(f"{failure}" + "".join(f"\n  at test_{name}.py:{row.lineno}" for row in at))
    except Exception:  # pylint: disable=broad-except
        wrong.append(traceback.format_exc())
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wrong += farm.close()
    left = processes.end_orphans()
    if left and not wrong:
        wrong.append(f"processes were left running: {left}")
    if wrong:
        print("\n".join(wrong))
        farm.tell_logs()
    return not wrong


class Running:
    """A test on its way, in a process of its own."""

    def __init__(self, name, title):
        self.name, self.title = name, title
        self.folder = tempfile.mkdtemp(prefix="dtq-e2e-")
        self.began = time.monotonic()
        self.output = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, os.path.abspath(__file__), "--one", name, title, self.folder],
            stdout=self.output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            preexec_fn=processes.become_child)
        self.told = False

    def over(self):
        """Has it ended? Says stop to one that hangs, and a while later makes it."""
        passed = time.monotonic() - self.began
        if self.popen.poll() is not None:
            return True
        if passed > LIMIT_S and not self.told:
            self.popen.terminate()
            self.told = True
        if passed > LIMIT_S + 30 * dtqtest.SLOW:
            self.popen.kill()
        return False

    def finish(self):
        """Prints the test's line; True when it passed."""
        passed = self.popen.returncode == 0
        print(f"{'ok    ' if passed else 'FAILED'} {self.name}: {self.title} "
              f"({time.monotonic() - self.began:.1f} s)", flush=True)
        if not passed:
            self.output.seek(0)
            print(self.output.read().decode(errors="replace"), flush=True)
        self.output.close()
        dtqtest.remove(self.folder)
        return passed


def run_all(tests):
    running, waiting = [], list(tests)
    passed = failed = 0
    began = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                running.append(Running(*waiting.pop(0)))
            for one in [one for one in running if one.over()]:
                running.remove(one)
                good = one.finish()
                passed, failed = passed + good, failed + (not good)
            time.sleep(0.01)
    finally:
        for one in running:
            one.popen.kill()
            one.popen.wait()
            dtqtest.remove(one.folder)
    print(f"{passed} passed, {failed} failed ({time.monotonic() - began:.0f} s)", flush=True)
    return failed == 0


def main(words):
    if words[:1] == ["--one"]:
        return 0 if run_one(*words[1:4]) else 1
    tests = collect()
    files = {name for name, _ in tests}
    if words:
        tests = [(name, title) for name, title in tests
                 if name in words or any(w in title for w in words if w not in files)]
    if not tests:
        print("no test has such a name; files and titles are:", file=sys.stderr)
        for name, title in collect():
            print(f"  {name}: {title}", file=sys.stderr)
        return 2
    return 0 if run_all(tests) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
