"""A private Redis, masters and workers for one test, and what a test asks of them.

Nothing here waits for time to pass: a test waits for a condition, with a deadline. Everything that
was started is ended by its process id when the test is over, however it ended.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

from processes import Process, Failure, reports_of_sanitizers
from redisclient import Redis, RedisError

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BIN = os.path.abspath(os.environ.get("BIN", os.path.join(TOP, "bin")))
DATA = os.path.join(TOP, "data")
SLOW = float(os.environ.get("DTQ_TEST_SLOW", "1"))  # all deadlines are longer by this factor
QUEUE = "dtq:{default}:"

TESTS = []


def test(function):
    """Marks a function as a test; its name is the behaviour that it shows."""
    TESTS.append(function)
    return function


def check(condition, sentence):
    if not condition:
        raise Failure(sentence)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: got {shown(got)}, wanted {shown(wanted)}")


def near(got, wanted, relative, what):
    check(abs(got - wanted) <= relative * max(abs(wanted), 1e-300),
          f"{what}: got {got!r}, wanted {wanted!r} to {relative:g}")


def matches(pattern, text, what):
    check(re.search(pattern, text), f"{what}: {text!r} does not match {pattern!r}")


def shown(value):
    text = repr(value)
    return text if len(text) < 300 else f"{text[:200]}... ({len(text)} characters)"


def wait_for(condition, what, seconds=15):
    """Until condition() is true; its value. A Redis that is down counts as not yet."""
    until = time.monotonic() + seconds * SLOW
    while True:
        try:
            value = condition()
        except (OSError, RedisError):
            value = None
        if value:
            return value
        check(time.monotonic() < until, f"waited {seconds * SLOW:g} s in vain: {what}")
        time.sleep(0.004)


def one_json(text, what="standard output"):
    """The value of a text that must be exactly one JSON value."""
    def no_constant(name):
        raise Failure(f"{what}: {name} is no JSON")
    try:
        return json.loads(text, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise Failure(f"{what} is not one JSON value ({error}): {shown(text)}") from None


class Reply:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return one_json(self.out)


class Farm:
    """All that a test runs, below one temporary folder."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = os.path.join(folder, "redis.sock")
        self.url = "unix://" + self.socket
        self.redis = Redis(self.socket)
        self.server = None
        self.processes = []
        self.workers = {}
        self.masters = {}
        seed = int(os.environ.get("DTQ_TEST_SEED", "0")) or random.SystemRandom().getrandbits(32)
        print(f"DTQ_TEST_SEED={seed}")
        self.random = random.Random(seed)
        for name in ("home", "run", "data", "logs"):
            os.mkdir(os.path.join(folder, name), 0o700)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("DTQ_", "REDIS", "XDG_"))}
        self.env.update(HOME=self.path("home"), XDG_RUNTIME_DIR=self.path("run"), LC_ALL="C",
                        DTQ_REDIS_URL=self.url)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    # --- processes --------------------------------------------------------------------------------

    def spawn(self, name, words, env=None, cwd=None):
        process = Process(name, words, self.path("logs", f"{len(self.processes):03d}-{name}"),
                          env or self.env, cwd or self.folder)
        self.processes.append(process)
        return process

    def start_redis(self, *settings):
        self.server = self.spawn("redis", [
            "redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.folder,
            "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", *settings])
        wait_for(lambda: not self.server.alive or self.answers(), "Redis answers")
        check(self.server.alive, "redis-server ended at once: " + self.server.log())

    def answers(self):
        """Is Redis up, with its data loaded?"""
        try:
            return self.redis("PING") == b"PONG"
        except RedisError as error:
            return str(error).startswith("NOAUTH")

    def kill_redis(self):
        """kill -9 of a Redis that has written down all that it has answered. With `everysec` it keeps
        that back, for up to two seconds, while the disk is slow; what is to be lost is lost on
        purpose."""
        self.redis("CONFIG", "SET", "appendfsync", "always")
        self.server.kill()
        self.redis.close()

    def master(self, name="m1"):
        self.masters[name] = self.spawn(name, [self.program("dtq-master"), "--id", name])
        return self.masters[name]

    def worker(self, name="w1", slots=1, lease_ms=9000, options=()):
        self.workers[name] = self.spawn(name, [
            self.program("dtq-worker"), name, str(slots), str(lease_ms),
            "--data-dir", self.path("data"), "--data-dir", DATA,
            "--cache-dir", self.path("cache"), *options])
        return self.workers[name]

    def start(self, workers=2, slots=1, masters=1, lease_ms=9000, options=()):
        """Redis, and so many masters and workers, registered."""
        self.start_redis()
        for i in range(masters):
            self.master(f"m{i + 1}")
        for i in range(workers):
            self.worker(f"w{i + 1}", slots, lease_ms, options)
        wait_for(lambda: self.count("ZCARD", "masters") >= masters
                 and self.count("ZCARD", "workers") >= workers, "masters and workers register")

    def program(self, name):
        return os.path.join(BIN, name)

    def dtq(self, *words, code=0, env=None, limit=60, cwd=None):
        """Runs a command to its end and checks its exit status (None: whichever)."""
        done = subprocess.run([self.program("dtq"), *words], env=env or self.env,
                              cwd=cwd or self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", errors="replace",
                              timeout=limit * SLOW, check=False)
        check(not reports_of_sanitizers(done.stderr), f"dtq {words[0]}: {done.stderr}")
        check(code is None or done.returncode == code,
              f"dtq {shown(words)}: exit status {done.returncode}, wanted {code}\n"
              f"{done.stdout}{done.stderr}")
        return Reply(done.returncode, done.stdout, done.stderr)

    def dtq_start(self, *words, env=None):
        return self.spawn("dtq", [self.program("dtq"), *words], env)

    def run(self, *words, code=0, limit=60):
        """A command with --json; its one value."""
        return self.dtq(*words, "--json", code=code, limit=limit).json

    def submit(self, *words):
        """A command with -d; the id of the job."""
        return self.dtq(*words, "-d").out.strip()

    # --- looks into Redis -------------------------------------------------------------------------

    def count(self, verb, key):
        return self.redis(verb, QUEUE + key)

    def field(self, job, name):
        value = self.redis("HGET", f"{QUEUE}job:{job}", name)
        return value.decode() if value is not None else ""

    def number(self, job, name):
        return int(self.field(job, name) or 0)

    def weights(self, job):
        """The bytes of a job's weights."""
        data = self.redis("GET", f"{QUEUE}job:{job}:weights")
        check(data, f"job {job} has no weights")
        return data

    def keys(self, pattern="*"):
        """Names without the queue's prefix."""
        found = self.redis("KEYS", QUEUE.replace("{", "[{]").replace("}", "[}]") + pattern)
        return sorted(key.decode()[len(QUEUE):] for key in found)

    def events(self, name):
        """The events of a name, oldest first, as dicts."""
        rows = self.redis("XRANGE", QUEUE + "events", "-", "+")
        texts = [[cell.decode(errors="replace") for cell in row[1]] for row in rows]
        events = [dict(zip(cells[::2], cells[1::2])) for cells in texts]
        return [event for event in events if event["event"] == name]

    def wait_state(self, job, *states, seconds=60):
        return wait_for(lambda: self.field(job, "state") in states and self.field(job, "state"),
                        f"job {job} is {' or '.join(states)}", seconds)

    def wait_done(self, job, count, seconds=30):
        """Until so many tasks of a job are folded, or it has ended."""
        wait_for(lambda: self.number(job, "done") >= count or self.ended(job),
                 f"{count} tasks of {job} are done", seconds)

    def ended(self, job):
        return self.field(job, "state") in ("completed", "failed", "cancelled")

    def still_running(self, job, what):
        equal(self.field(job, "state"), "running", f"{job} when {what}")

    def nothing_left(self, *jobs):
        """No task lies anywhere any more, and what ended jobs have no use for is gone. What a
        replay of a task given up would need stays, but not for ever."""
        def left():
            found = [key for key in self.keys() if key.startswith("held:")
                     or key in ("ready", "leases", "since", "delayed")]
            for job in jobs:
                ended = (self.field(job, "state"), self.field(job, "replayable"))
                found += [key for key in self.keys(f"job:{job}:*")
                          if key.endswith((":tasks", ":results", ":tries"))
                          and not (ended == ("failed", "1") and not key.endswith(":tries")
                                   and self.count("PTTL", key) > 0)]
            return found
        try:
            wait_for(lambda: not left(), "leftovers go", 10)
        except Failure:
            raise Failure(f"left behind: {left()}") from None
        equal(self.count("XLEN", "jobs"), 0, "entries in the stream of jobs")

    def completed(self, job, seconds=60):
        """Waits for the end of the last job; it must be a good one that counted each task once."""
        equal(self.wait_state(job, "completed", "failed", "cancelled", seconds=seconds),
              "completed", f"state of {job} ({self.field(job, 'error')})")
        value = self.run("result", job)
        equal(value["tasks"]["done"], value["tasks"]["total"], f"tasks done of {job}")
        self.nothing_left(job)
        return value

    # --- the end ----------------------------------------------------------------------------------

    def close(self):
        """Ends everything; sentences about what did not end well."""
        wrong = []
        living = [p for p in self.processes if p.alive and not p.name.startswith("redis")]
        members = (*self.masters.values(), *self.workers.values())
        for process in living:
            process.signal(signal.SIGCONT)
            process.signal(signal.SIGTERM)
            if process in members:
                process.signal(signal.SIGINT)  # asked twice: whatever it is at
        for process in living:
            code = process.wait(10 * SLOW)
            if code is None:
                wrong.append(f"{process.name} did not end within {10 * SLOW:g} s of SIGTERM")
            elif process in members and code != 0 and self.server and self.server.alive:
                wrong.append(f"{process.name} ended with {code} after SIGTERM, wanted 0")
        for process in self.processes:
            process.kill()
            report = reports_of_sanitizers(process.log())
            if report:
                wrong.append(f"{process.name}: {report}")
        return wrong

    def tell_logs(self):
        for process in self.processes:
            print(f"--- {process.name}, pid {process.pid}, {process.ending()}")
            print(process.log()[-2500:].rstrip())


def copy_of_digits(farm, times, name="big.csv"):
    """digits.csv so many times over in one file of the test's own; its count of rows."""
    with open(os.path.join(DATA, "digits.csv"), "rb") as source:
        head, body = source.read().split(b"\n", 1)
    with open(farm.path("data", name), "wb") as to:
        to.write(head + b"\n")
        for _ in range(times):
            to.write(body)
    return body.count(b"\n") * times


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
