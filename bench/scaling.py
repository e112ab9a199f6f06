"""What must not grow: the cost of a task with the length of the queue, the number of jobs and of
worker slots; the time of a script with anything but its own batch."""
import os
import re

from figures import Spread, interleave, percentile
from rig import BUILD, SLOW_US, rig

BYTES = 100


def by_tasks(report, repeats, scale):
    counts = [10 ** n for n in range(3, 7) if 10 ** n <= 1e6 * max(scale, 1e-3)]
    with rig() as system:
        system.noop_s("tasks=20000", f"bytes={BYTES}")
        times = interleave(repeats, {
            n: lambda n=n: n / system.noop_s(f"tasks={n}", f"bytes={BYTES}") for n in counts})
        slow = system.slow()
    report.table("One job of so many tasks, 2 workers",
                 ["tasks", "tasks a second", "microseconds a task"],
                 [[f"{n:,}", Spread(times[n]), Spread([1e6 / rate for rate in times[n]])]
                  for n in counts],
                 [f"Commands slower than {SLOW_US / 1000:g} ms: {slow}."])


def by_jobs(report, repeats, scale):
    """Jobs of one size, which tells what their number costs, and one load in more and more jobs,
    which tells what a job costs besides its tasks. All are in the queue at once."""
    most = max(100, int(10000 * min(scale, 1)))
    counts = [n for n in (1, 10, 100, 1000, 10000) if n <= most]
    same = [(n, 100) for n in counts]
    load = [(n, 10 * most // n) for n in counts]
    with rig() as system:
        system.noop_s("tasks=20000", f"bytes={BYTES}")
        times = interleave(min(repeats, 3), {
            (n, each): lambda n=n, each=each: system.noop_s(
                f"tasks={each}", f"bytes={BYTES}", jobs=n)
            for n, each in dict.fromkeys(same + load)})
        slow = system.slow()
    note = f"Commands slower than {SLOW_US / 1000:g} ms in both: {slow}."
    for title, cases in (("Jobs of 100 tasks", same), (f"{10 * most:,} tasks in all", load)):
        report.table(f"{title}, 2 workers, submissions counted in",
                     ["jobs", "tasks each", "tasks a second", "microseconds a job"],
                     [[f"{n:,}", f"{each:,}",
                       Spread([n * each / s for s in times[n, each]]),
                       Spread([1e6 * s / n for s in times[n, each]])]
                      for n, each in cases], [note])


def by_slots(report, _repeats, scale):
    rows, nap_ms = [], 100
    rounds = max(10, int(50 * min(scale, 1)))
    for slots in (1, 10, 100, 1000):
        processes = 1 if slots == 1 else 2
        with rig(workers=processes, slots=slots // processes) as system:
            before = system.cpu()
            seconds = system.noop_s(f"tasks={slots * rounds}", f"ms={nap_ms}")
            after = system.cpu()
            busy = rounds * nap_ms / 1000 / seconds
            rows.append([f"{slots:,}", slots * rounds / seconds, 100 * busy,
                         *(100 * (after[who] - before[who]) / seconds
                           for who in ("redis", "master", "worker")), system.slow()])
    report.table(f"Sleeping tasks of {nap_ms} ms, {rounds} a slot",
                 ["slots", "tasks a second", "% busy", "Redis CPU %", "master CPU %",
                  "workers CPU %", "slower than 5 ms"], rows, ["Bar: 95 % busy at 1,000 slots."])


def script_names():
    """{SHA1: name} of the scripts that the programs carry."""
    with open(os.path.join(BUILD, "lua", "scripts.c"), encoding="utf-8") as source:
        text = source.read()
    return {sha: name for name, sha in re.findall(
        r"struct script script_(\w+) = \{.*?\"([0-9a-f]{40})\"", text, re.S)}


def commands_of(system, *params):
    """{name: [microseconds]} of all commands while one job runs; scripts by their names."""
    names, found = script_names(), {}
    system.redis("CONFIG", "SET", "slowlog-max-len", 1000000)
    system.redis("CONFIG", "SET", "slowlog-log-slower-than", 0)
    system.redis("SLOWLOG", "RESET")
    system.noop_s(*params)
    system.redis("CONFIG", "SET", "slowlog-log-slower-than", SLOW_US)
    for entry in system.redis("SLOWLOG", "GET", -1):
        words = entry[3]
        name = words[0].decode().lower()
        if name == "evalsha":
            name = names.get(words[1].decode(), "?") + ".lua"
        found.setdefault(name, []).append(entry[2])
    system.redis("SLOWLOG", "RESET")
    return found


def scripts(report, scale):
    tasks = max(1000, int(100000 * min(scale, 1)))
    with rig() as system:
        system.noop_s("tasks=20000", f"bytes={BYTES}")
        found = commands_of(system, f"tasks={tasks}", f"bytes={BYTES}")
    report.table(f"Time of each script and command: {tasks:,} tasks of {BYTES} bytes, 2 workers",
                 ["", "calls", "mean us", "p99 us", "most us", "us a task"],
                 [[name, len(us), sum(us) / len(us), percentile(us, .99), max(us),
                   sum(us) / tasks]
                  for name, us in sorted(found.items(), key=lambda item: -sum(item[1]))
                  if name.endswith(".lua") or sum(us) > tasks / 100])


def round_trips(report):
    rows = []
    for nap_ms, tasks in ((10, 400), (60, 80)):
        with rig() as system:
            system.noop_s("tasks=10", "ms=1")
            found = commands_of(system, f"tasks={tasks}", f"ms={nap_ms}")
        calls = {name: len(found.get(name, ())) for name in
                 ("complete.lua", "claim.lua", "brpoplpush", "commit.lua", "beat.lua")}
        worker = calls["complete.lua"] + calls["claim.lua"] + calls["brpoplpush"]
        rows.append([f"{tasks} tasks of {nap_ms} ms", *calls.values(), worker / tasks])
    report.table("Round trips of 2 workers for tasks that take a while",
                 ["", "complete", "claim", "brpoplpush", "commit (master)", "beat",
                  "of workers, a task"], rows, ["Bar: one a task."])


def run(report, repeats, scale):
    by_tasks(report, repeats, scale)
    by_jobs(report, repeats, scale)
    by_slots(report, repeats, scale)
    scripts(report, scale)
    round_trips(report)
