#!/usr/bin/env python3
"""Kills, stops, cuts and restarts whatever there is, by a schedule that a seed gives, while jobs of
all kinds run; then each of them must have ended once, and right.

usage: chaos.py SEED...          prints a line each; SEED=n replays one with its whole story
       chaos.py --hours H        seeds from the clock on, until the time is over
"""
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

# pylint: disable=wrong-import-position
import processes  # noqa: E402
from dtqtest import (Farm, QUEUE, SLOW, check, copy_of_digits, equal,  # noqa: E402
                     one_json, remove, wait_for)
from faults import FAULTS, LEASE_MS  # noqa: E402
from proxy import FaultProxy  # noqa: E402
from redisclient import RedisError  # noqa: E402
from test_sums import total_of_squares  # noqa: E402
from test_training import BIG_BATCH, DIGITS  # noqa: E402

WORKERS, SLOTS, MASTERS = 3, 2, 2
STEPS = 10
GAP_S = (0.1, 0.8)  # between the beginnings of two faults
JOBS_S = 4.0        # within so long all jobs are submitted
END_S = 60          # for all jobs to end once nothing is broken any more
AT_A_TIME = int(os.environ.get("CHAOS_JOBS", "3"))
LIMIT_S = 180       # of one seed, before it counts as hung
NOOPS = int(os.environ.get("CHAOS_NOOPS", "20000"))

# Trainings that end in the same bits whatever happens; each is done once in peace.
EXACT = {"runs": DIGITS + "|epochs=600|patience=1000000", "chunks": BIG_BATCH + "|epochs=40",
         "average": DIGITS + "|mode=average|epochs=60|batchSize=32"}


class Chaos(Farm):
    """A farm whose members reach Redis each through a proxy of its own."""

    def __init__(self, folder, seed, calm):
        super().__init__(folder)
        self.seed, self.calm = seed, calm
        self.rng = random.Random(seed)
        self.proxies = {}
        self.began = time.monotonic()
        self.jobs = {}      # id -> kind, its dice, function that checks its result, when
        self.playing = True
        self.refused = []   # submissions to be said again
        self.broken = {}    # name of a member, or "redis" -> when it is whole again, fault
        self.lost_at = 0.0  # when Redis lost data for the last time
        self.names = [f"w{i + 1}" for i in range(WORKERS)] + [f"m{i + 1}" for i in range(MASTERS)]
        self.again = {}     # name of a member that ended by itself -> when it is started again

    def tell(self, text):
        print(f"{time.monotonic() - self.began:7.2f} {text}", flush=True)

    # --- members ----------------------------------------------------------------------------------

    def member(self, name):
        return (self.workers if name[0] == "w" else self.masters)[name]

    def start_member(self, name):
        if name not in self.proxies:
            self.proxies[name] = FaultProxy(self.socket)
        url = ("--redis", self.proxies[name].url)
        if name[0] == "w":
            self.worker(name, SLOTS, LEASE_MS, url)
        else:
            self.masters[name] = self.spawn(name, [self.program("dtq-master"), "--id", name, *url])

    def keep_running(self):
        """A supervisor starts again what has ended by itself; nothing may have crashed."""
        for name in self.names:
            process = self.member(name)
            if name in self.broken or process.alive:
                continue
            if self.again.setdefault(name, time.monotonic() + 0.3) > time.monotonic():
                continue
            del self.again[name]
            self.tell(f"{name} has ended: {process.ending()}")
            check(process.popen.returncode >= 0, f"{name} ended by a signal: {process.log()[-2000:]}")
            self.start_member(name)

    def newest_log(self):
        """Redis' log of commands that grows: appendonly.aof, or that with the highest number."""
        found = []
        for folder, _, files in os.walk(self.folder):
            found += [os.path.join(folder, f) for f in files
                      if f == "appendonly.aof" or f.endswith(".incr.aof")]
        check(found, f"no log of commands in {self.folder}")
        return max(found, key=lambda path: [int(n) for n in path.split(".") if n.isdigit()])

    def resume(self):
        wait_for(lambda: self.dtq("queue", "resume", code=None).code == 0, "the queue is resumed")

    # --- the schedule -----------------------------------------------------------------------------

    def schedule(self):
        """Beginnings of faults and submissions, as (second, what, argument), in order."""
        rows, at = [], 0.0
        for _ in range(STEPS):
            at += self.rng.uniform(*GAP_S)
            fault = self.rng.choices(FAULTS, [f.weight for f in FAULTS])[0]
            rows.append((at, self.begin, (fault, self.rng.random(), self.rng.uniform(*fault.seconds),
                                          self.rng.getrandbits(32))))
        for kind in self.kinds_of_jobs():
            rows.append((self.rng.uniform(0, JOBS_S), self.submit_job, (kind, self.rng.random())))
        return sorted(rows, key=lambda row: row[0])

    def kinds_of_jobs(self):
        kinds = ["sumsq", "sum", "async", "noop", "flaky"] + sorted(self.calm)
        return self.rng.sample(kinds, len(kinds))

    def target(self, fault, choice):
        names = {"worker": self.names[:WORKERS], "master": self.names[WORKERS:],
                 "member": self.names, "redis": ["redis"]}[fault.targets]
        free = [name for name in names if name not in self.broken]
        if fault.targets == "master":  # rather one that owns something
            free = [name for name in free if name in self.owners()] or free
        return free[int(choice * len(free))] if free else None

    def owners(self):
        """Masters that own a running job, as far as Redis can be asked."""
        if "redis" in self.broken:
            return set()
        try:
            owners = {self.field(job, "owner") for job in self.jobs
                      if self.field(job, "state") == "running"}
        except (OSError, RedisError):
            return set()
        return {owner.split("-")[0] for owner in owners}

    def begin(self, fault, choice, seconds, seed):
        name = self.target(fault, choice)
        if name is None:
            return
        self.tell(f"{fault.name} {name} for {seconds:.2f} s")
        if fault.lossy:
            self.lost_at = time.monotonic()
        self.broken[name] = (time.monotonic() + seconds, fault)
        fault.begin(self, name, random.Random(seed))

    def mend(self, now):
        """Takes back what has lasted long enough."""
        for name in [name for name, (until, _) in self.broken.items() if until <= now]:
            _, fault = self.broken[name]
            fault.end(self, name)
            del self.broken[name]
            self.tell(f"{fault.name} {name} is over")
            if fault.lossy:
                self.lost_at = time.monotonic()
            self.look()

    def look(self):
        """Whatever is at work, every task is in one place. What a Redis that lost its newest data
        left halfway the masters mend, when they are back."""
        if "redis" in self.broken:
            return
        reply = self.dtq("fsck", "--json", code=None)
        if reply.code == 3:
            return  # clients are paused
        value = one_json(reply.out)
        if value["clean"]:
            return
        found = value.get("findings", [value])
        if self.lost_at and self.playing:
            self.tell(f"fsck found {len(found)} things after the loss")
            return
        self.tell_state()
        check(False, f"fsck found {len(found)} things, first: {found[:5]}, last: {found[-1]}")

    def tell_state(self):
        """Who has what, for somebody who looks for the cause."""
        for words in (("LLEN", "ready"), ("SMEMBERS", "slots"),
                      ("ZRANGE", "since", 0, -1, "WITHSCORES"),
                      ("ZRANGE", "leases", 0, -1, "WITHSCORES"),
                      ("ZRANGE", "workers", 0, -1, "WITHSCORES"),
                      ("ZRANGE", "gone", 0, -1, "WITHSCORES"), ("XLEN", "jobs")):
            print(words, self.redis(words[0], QUEUE + words[1], *words[2:]))
        for key in self.keys("held:*"):
            print(key, self.count("LLEN", key), self.redis("LRANGE", QUEUE + key, -1, -1))
        for row in self.redis("XREVRANGE", QUEUE + "events", "+", "-", "COUNT", 40):
            print(row[0].decode(), b" ".join(row[1]).decode(errors="replace"))

    def play(self):
        rows = self.schedule()
        start = time.monotonic()
        while rows or self.broken:
            now = time.monotonic()
            if rows and rows[0][0] <= now - start:
                _, what, words = rows.pop(0)
                what(*words)
            self.mend(time.monotonic())
            self.keep_running()
            time.sleep(0.005)

    # --- jobs -------------------------------------------------------------------------------------

    def submit_job(self, kind, choice):
        rng = random.Random(choice)
        words, verdict = getattr(self, "job_" + kind, self.job_exact)(kind, rng)
        reply = self.dtq(*words, "-d", code=None)
        if reply.code != 0:
            self.tell(f"{kind} is not accepted: {reply.err.strip()}")
            self.refused.append((kind, choice))
            return
        job = reply.out.strip()
        self.tell(f"{kind} is {job}")
        self.jobs[job] = (kind, choice, verdict, time.monotonic())

    def job_sumsq(self, _kind, rng):
        start, end = -rng.randrange(10**3000), rng.randrange(10**4000)
        return ("sumsq", f"{start}|{end}"), lambda job, value: equal(
            value["result"], str(total_of_squares(start, end)), f"result of {job}")

    def job_sum(self, _kind, rng):
        end = rng.randrange(10**3000)
        return ("sum", f"1|{end}"), lambda job, value: equal(
            value["result"], str(end * (end + 1) // 2), f"result of {job}")

    def job_noop(self, _kind, _rng):
        return ("noop", f"tasks={NOOPS}", "ms=2"), lambda job, value: equal(
            (value["count"], value["tasks"]["total"]), (NOOPS, NOOPS), f"results of {job}")

    def job_flaky(self, _kind, rng):
        words = ("noop", "tasks=300", "ms=2", "fail=0.03", f"seed={rng.randrange(1000)}")
        return words, lambda job, value: equal(value["count"], 300, f"results of {job}")

    def job_async(self, _kind, _rng):
        words = ("train", DIGITS + "|mode=async|epochs=100")
        return words, lambda job, value: check(
            0 < value["loss"] < 0.1, f"loss of {job}: {value['loss']}")

    def job_exact(self, kind, _rng):
        def verdict(job, _value):
            check(self.weights(job) == self.calm[kind], f"{job} ({kind}) ends in other bits")
        return ("train", EXACT[kind]), verdict

    def was_lost(self, job):
        """A job that Redis lost, or lost so much of that it had to fail and says so."""
        return not self.field(job, "state") or self.field(job, "error_code") == "lost_data"

    def submit_missing(self):
        """Jobs that Redis would not take, or that it lost together with the end of its log."""
        for job, (kind, choice, _, at) in list(self.jobs.items()):
            if self.was_lost(job):
                check(at <= self.lost_at, f"{job} ({kind}) is lost, but no data was")
                self.tell(f"{job} was lost with the end of the log")
                del self.jobs[job]
                self.submit_job(kind, choice)
        again, self.refused = self.refused, []
        for kind, choice in again:
            self.submit_job(kind, choice)
        check(not self.refused, "a queue that is whole takes no job")

    # --- the end ----------------------------------------------------------------------------------

    def all_ended(self):
        self.keep_running()
        return all(self.ended(job) for job in self.every_job())

    def every_job(self):
        """Also those of submissions that were taken although their answer was lost."""
        return {key[4:] for key in self.keys("job:*") if ":" not in key[4:]}

    def judge(self):
        wait_for(lambda: self.redis("PING") == b"PONG", "Redis answers")
        self.playing = False
        try:
            self.submit_missing()
            wait_for(self.all_ended, "all jobs end", END_S)
            self.submit_missing()
            wait_for(self.all_ended, "those that were lost end, too", END_S)
        except processes.Failure:
            for job in sorted(self.every_job()):
                if not self.ended(job):
                    print(self.dtq("explain", job, code=None).out[-3000:])
            raise
        for job in self.every_job():
            if self.was_lost(job):
                continue
            equal(self.field(job, "state"), "completed", f"{job}: {self.field(job, 'error')}; state")
            equal(self.number(job, "done"), self.number(job, "total"), f"tasks done of {job}")
            check(self.count("PTTL", f"job:{job}") > 0, f"{job} would stay for ever")
        for job, (_, _, verdict, _) in self.jobs.items():
            verdict(job, self.run("result", job))
        ends = [event["job"] for event in self.events("job_completed")]
        equal(len(ends), len(set(ends)), f"ends told of, and jobs that ended, in {ends}")
        self.nothing_left(*self.every_job())
        self.no_strange_keys()
        self.look()

    def no_strange_keys(self):
        known = {"jobs", "finished", "workers", "slots", "clients", "masters", "events",
                 "control", "producers", "gone", "told", "consoles", "identity", "intake"}
        masters = {m.decode() for m in self.redis("ZRANGE", QUEUE + "masters", 0, -1)}
        strange = [key for key in self.keys() if key not in known
                   and not key.startswith(("job:", "worker:", "master:"))
                   and key[5:] not in masters]
        check(not strange, f"keys that should be gone: {strange}")

    def go(self):
        self.start_redis()
        copy_of_digits(self, 40)
        for name in self.names:
            self.start_member(name)
        wait_for(lambda: self.count("ZCARD", "workers") == WORKERS
                 and self.count("ZCARD", "masters") >= MASTERS, "all register")
        self.play()
        self.judge()


def calm_weights(folder):
    """What the exact trainings end in when nothing goes wrong."""
    os.mkdir(folder)
    farm = Farm(folder)
    try:
        farm.start(workers=2, slots=2)
        copy_of_digits(farm, 40)
        modes = farm.dtq("train", "--help").out
        kinds = [kind for kind in EXACT if kind != "average" or "average" in modes]
        weights = {}
        for kind in kinds:
            weights[kind] = farm.weights(farm.run("train", EXACT[kind])["jobId"])
    finally:
        wrong = farm.close()
    check(not wrong, f"{wrong}")
    return weights


def read_calm(folder):
    weights = {}
    for name in os.listdir(folder):
        if name.endswith(".w"):
            with open(os.path.join(folder, name), "rb") as file:
                weights[name[:-2]] = file.read()
    return weights


def write_calm(folder):
    for kind, data in calm_weights(os.path.join(folder, "calm")).items():
        with open(os.path.join(folder, kind + ".w"), "wb") as file:
            file.write(data)


def run_one(seed, calm_folder, folder):
    """One seed, in this process. True when all was right."""
    processes.adopt_orphans()
    chaos = Chaos(folder, seed, read_calm(calm_folder))
    wrong = []
    try:
        chaos.go()
    except processes.Failure as failure:
        wrong.append(f"{failure}")
    except Exception:  # pylint: disable=broad-except
        wrong.append(traceback.format_exc())
    wrong += chaos.close()
    processes.end_orphans()
    if wrong:
        print("\n".join(wrong))
        chaos.tell_logs()
    return not wrong


class Running:
    """A seed on its way, in a process and a folder of its own."""

    def __init__(self, seed, calm):
        self.seed = seed
        self.folder = tempfile.mkdtemp(prefix="dtq-chaos-")
        self.began = time.monotonic()
        self.output = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, os.path.abspath(__file__), "--one", str(seed), calm, self.folder],
            stdout=self.output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            preexec_fn=processes.become_child)

    def over(self):
        if self.popen.poll() is None and time.monotonic() - self.began > LIMIT_S * SLOW:
            self.popen.kill()
        return self.popen.poll() is not None

    def finish(self, loud):
        passed = self.popen.returncode == 0
        print(f"{'ok    ' if passed else 'FAILED'} seed {self.seed} "
              f"({time.monotonic() - self.began:.1f} s)", flush=True)
        if not passed or loud:
            self.output.seek(0)
            print(self.output.read().decode(errors="replace"), flush=True)
        if not passed:
            print(f"to see it again: SEED={self.seed} sh tests/chaos/run.sh", flush=True)
        self.output.close()
        remove(self.folder)
        return passed


def run_all(seeds, loud):
    """Each seed of an iterator; False when one failed."""
    passed = failed = 0
    began = time.monotonic()
    running = []
    folder = tempfile.mkdtemp(prefix="dtq-calm-")
    waiting = True
    try:
        write_calm(folder)
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                seed = next(seeds, None)
                if seed is None:
                    waiting = False
                else:
                    running.append(Running(seed, folder))
            for one in [one for one in running if one.over()]:
                running.remove(one)
                good = one.finish(loud)
                passed, failed = passed + good, failed + (not good)
            time.sleep(0.02)
    finally:
        for one in running:
            one.popen.kill()
            one.popen.wait()
            remove(one.folder)
        remove(folder)
    print(f"{passed} seeds passed, {failed} failed ({time.monotonic() - began:.0f} s)", flush=True)
    return failed == 0


def seeds_for(hours):
    until = time.monotonic() + hours * 3600
    seed = int(time.time())
    while time.monotonic() < until:
        yield seed
        seed += 1


def main(words):
    if words[:1] == ["--one"]:
        return 0 if run_one(int(words[1]), words[2], words[3]) else 1
    try:
        if words[:1] == ["--hours"] and len(words) == 2:
            seeds = seeds_for(float(words[1]))
        else:
            seeds = iter([int(word) for word in words])
    except ValueError:
        print(f"chaos.py: {' '.join(words)}: expected numbers, the seeds", file=sys.stderr)
        return 2
    return 0 if run_all(seeds, loud=len(words) == 1 and "SEED" in os.environ) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
