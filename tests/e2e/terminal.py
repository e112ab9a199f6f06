"""A program on a terminal of its own, as a person has one: what it shows, and what is typed."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import processes
from dtqtest import SLOW, check
from screen import Screen


class Terminal:
    """Starts words on a new terminal. `raw` is what came out of it, `text` what that shows."""

    def __init__(self, farm, words, columns=100, rows=40, env=None):
        self.raw = b""
        self.screen = Screen(columns, rows)
        self.code = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                processes.become_child()
                os.chdir(farm.folder)
                os.execve(words[0], words, dict(env or farm.env, TERM="xterm"))
            finally:
                os._exit(127)
        self.resize(columns, rows)

    @property
    def text(self):
        """All that ever stood on the screen, as a person sees it."""
        return self.screen.text

    def resize(self, columns, rows=40):
        self.screen.resize(columns, rows)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def take(self, seconds):
        """Reads what is there, or waits for it; False at the end of the program."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.raw += data
        self.screen.feed(data.decode(errors="replace"))
        return bool(data)

    def type(self, text):
        """Types, and reads meanwhile, as a terminal takes only so much."""
        data = text.encode()
        while data:
            _, writable, _ = select.select([], [self.fd], [], 0)
            if writable:
                data = data[os.write(self.fd, data[:1024]):]
            self.take(0 if data else 0.01)

    def wait(self, pattern, since=0, seconds=15):
        """Until the pattern is in what is shown after `since`."""
        until = time.monotonic() + seconds * SLOW
        while not re.search(pattern, self.text[since:]):
            open_still = self.take(0.05)
            if re.search(pattern, self.text[since:]):
                return
            check(open_still, f"the program ended before {pattern!r}: {self.text[-1500:]}")
            check(time.monotonic() < until,
                  f"waited in vain for {pattern!r} in\n{self.text[since:][-1500:]}")

    def here(self):
        """Where the line begins in which the cursor stands, for wait."""
        return self.text.rfind("\n") + 1

    def line(self, text, pattern, seconds=15):
        """Types a line and waits for what comes of it."""
        since = self.here()
        self.type(text + "\r")
        self.wait(pattern, since, seconds)

    def end(self, seconds=15):
        """Waits for the end of the program; its exit status, minus the signal that killed it."""
        until = time.monotonic() + seconds * SLOW
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                break
            self.take(0.02)
            check(time.monotonic() < until, f"the program did not end: {self.text[-1500:]}")
        while select.select([self.fd], [], [], 0)[0] and self.take(0):
            pass
        report = processes.reports_of_sanitizers(self.text)
        check(not report, report)
        return self.code

    def modes(self):
        """(echo, canonical): how the terminal is set."""
        local = termios.tcgetattr(self.fd)[3]
        return bool(local & termios.ECHO), bool(local & termios.ICANON)

    def kill(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = -9
        os.close(self.fd)
