"""Processes of a test: started, signalled and ended by their ids, their output kept in a file."""
import ctypes
import os
import re
import signal
import subprocess

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)

REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:"
                    r"|SUMMARY: \w+Sanitizer")


class Failure(Exception):
    """The product did not do what the test's title says."""


def reports_of_sanitizers(text):
    """From the first report on; empty when there is none."""
    found = REPORT.search(text)
    return text[found.start():][:4000] if found else ""


def adopt_orphans():
    """From now on, processes whose parents end become children of this process."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans():
    """What an init does: children that somebody else started, and that have ended, go for good."""
    for pid in children(states="Z"):
        if pid not in Process.started:
            os.waitpid(pid, os.WNOHANG)


def children(pid=None, states="RSDTtI"):
    """Process ids of the children of a process (this one by default) in such states, and their
    names; living ones by default."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                name, rest = stat.read().rsplit(")", 1)
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == (pid or os.getpid()) and state in states:
            found[int(entry)] = name.split("(", 1)[1]
    return found


def descendants(pid=None):
    found = children(pid)
    for child in list(found):
        found.update(descendants(child))
    return found


def end_orphans():
    """Kills what is left below this process; what it was."""
    left = descendants()
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return left


def become_child():
    """Ends with its test, and takes signals as a program in a terminal does. A limit on the size of
    files is met like a full disk: by an error of write(), not by a signal."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


class Process:
    started = set()  # process ids of all of them

    def __init__(self, name, words, log, env, cwd):
        self.name = name
        self.log_path = log
        with open(log, "wb") as to, open(log + ".out", "wb") as out:
            self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
                words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=to,
                preexec_fn=become_child)
        self.pid = self.popen.pid
        self.started.add(self.pid)

    @property
    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive:
            os.kill(self.pid, number)

    def stop(self):
        """SIGSTOP, and until the kernel says that it stands still."""
        self.signal(signal.SIGSTOP)
        while self.alive:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] in "TtZ":
                    return

    def cont(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """kill -9, and until it is gone."""
        self.signal(signal.SIGKILL)
        self.popen.wait()

    def wait(self, seconds):
        """Its exit status (minus the signal that killed it), or None when time is up."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def ending(self):
        return "running" if self.alive else f"exit status {self.popen.returncode}"

    def log(self):
        """Standard error so far."""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def out(self):
        """Standard output so far."""
        with open(self.log_path + ".out", encoding="utf-8", errors="replace") as out:
            return out.read()
