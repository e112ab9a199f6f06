"""A private system to be measured: Redis on a unix socket, a master, workers; and what they cost."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "e2e"))

from dtqtest import Failure, Farm, QUEUE, wait_for  # noqa: E402 pylint: disable=wrong-import-position

BUILD = os.environ["BUILD"]
TICK = os.sysconf("SC_CLK_TCK")
SLOW_US = 5000  # no script may take longer

AOF = {"off": ("--appendonly", "no"),
       "everysec": ("--appendonly", "yes", "--appendfsync", "everysec")}


def tool(name):
    return os.path.join(BUILD, "bench", name)


def cpu_s(pid):
    """Processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def own_memory(pid):
    """Bytes of a process that are its alone: not of files that it maps."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as maps:
        rows = dict(row.split(":", 1) for row in maps.read().splitlines()[1:])
    return int(rows["Anonymous"].split()[0]) * 1024


class Rig(Farm):
    def start_measured(self, aof="off", workers=2, slots=1, masters=1):
        self.start_redis(*AOF[aof], "--slowlog-log-slower-than", str(SLOW_US),
                         "--slowlog-max-len", "1000")
        for i in range(masters):
            self.master(f"m{i + 1}")
        for i in range(workers):
            self.worker(f"w{i + 1}", slots)
        wait_for(lambda: self.count("ZCARD", "masters") >= masters
                 and self.count("ZCARD", "workers") >= workers, "masters and workers register")

    def submit_many(self, jobs, *params):
        """[(id, microseconds)] of so many noop jobs."""
        done = subprocess.run([tool("submit"), self.url, str(jobs), *params], check=True,
                              capture_output=True, text=True)
        return [(row.split()[0], float(row.split()[1])) for row in done.stdout.splitlines()]

    def finished_s(self, ids, limit_s=600):
        """Waits for the end of jobs; seconds from the first submission to the last end, on Redis'
        clock. Looks seldom, so as not to be in the way: the times are Redis' own."""
        until = time.monotonic() + limit_s
        while self.count("XLEN", "jobs"):
            if time.monotonic() > until:
                raise TimeoutError(f"{self.count('XLEN', 'jobs')} jobs have not ended after "
                                   f"{limit_s} s")
            time.sleep(0.02)
        first, last = None, 0
        for job in ids:
            state, submitted, finished = self.redis(
                "HMGET", f"{QUEUE}job:{job}", "state", "submitted_ms", "finished_ms")
            if state != b"completed":
                raise RuntimeError(f"job {job} ended as {state}: {self.field(job, 'error')}")
            first = min(first or int(submitted), int(submitted))
            last = max(last, int(finished))
        return (last - first) / 1000

    def noop_s(self, *params, jobs=1):
        """Seconds that noop jobs take, submit to folded."""
        return self.finished_s([job for job, _ in self.submit_many(jobs, *params)])

    def info(self, section):
        rows = self.redis("INFO", section).decode().splitlines()
        return dict(row.split(":", 1) for row in rows if ":" in row)

    def memory(self):
        return int(self.info("memory")["used_memory"])

    def commands(self):
        """{command: (calls, microseconds)} so far."""
        found = {}
        for name, text in self.info("commandstats").items():
            cells = dict(cell.split("=") for cell in text.split(","))
            found[name[len("cmdstat_"):]] = (int(cells["calls"]), int(cells["usec"]))
        return found

    def slow(self):
        """How many commands were slower than SLOW_US."""
        return self.redis("SLOWLOG", "LEN")

    def cpu(self):
        """Processor seconds of Redis, masters and workers so far."""
        return {"redis": cpu_s(self.server.pid),
                "master": sum(cpu_s(p.pid) for p in self.masters.values()),
                "worker": sum(cpu_s(p.pid) for p in self.workers.values())}


@contextlib.contextmanager
def rig(**settings):
    """A system that runs for the length of a with."""
    folder = tempfile.mkdtemp(prefix="dtq-bench-")
    system = None
    try:
        with contextlib.redirect_stdout(None):  # its seed is of no interest here
            system = Rig(folder)
        system.start_measured(**settings)
        yield system
    finally:
        if system:
            for sentence in system.close():
                print(f"bench: {sentence}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
