"""Tasks that do nothing, submit to folded, and the same load on other queues, by turns."""
import subprocess

from figures import Spread, interleave
from rig import Failure, rig
from rivals import DEPTH, all_rivals

TASKS = 300000
BYTES = 100

BARS = {"beanstalkd": 3, "BullMQ": 6, "Sidekiq": 8}


def noop(aof, scale):
    """Tasks a second of one job, and what they cost."""
    tasks = max(1000, int(TASKS * scale))
    with rig(aof=aof) as system:
        system.noop_s("tasks=20000", f"bytes={BYTES}")  # scripts loaded, memory there
        before, calls = system.cpu(), system.commands()
        seconds = system.noop_s(f"tasks={tasks}", f"bytes={BYTES}")
        after, memory = system.cpu(), system.info("memory")
        scripts = system.commands()["evalsha"][0] - calls["evalsha"][0]
        return {"lives": tasks / seconds, "slow": system.slow(), "scripts": scripts / tasks,
                "peak": int(memory["used_memory_peak"]),
                **{who: (after[who] - before[who]) / tasks * 1e6 for who in after}}


def try_out(rivals, scale, notes):
    """Those that are installed and work here; the others get a note."""
    working = []
    for rival in rivals:
        reason = rival.missing()
        if not reason:
            try:
                rival.measure(scale / 100)
                working.append(rival)
                continue
            except (Failure, OSError, RuntimeError, ValueError,
                    subprocess.SubprocessError) as error:
                reason = str(error).strip().splitlines()[-1]
        notes.append(f"{rival.name} is left out: {reason} (bench/install.sh installs it)")
    return working


def run(report, repeats, scale):
    notes = []
    rivals = try_out(all_rivals(), scale, notes)
    ways = {"off": lambda: noop("off", scale), "everysec": lambda: noop("everysec", scale)}
    for rival in rivals:
        ways[rival.name] = lambda rival=rival: rival.measure(scale)
    results = interleave(repeats, ways)
    lives = {name: Spread([row["lives"] for row in rows]) for name, rows in results.items()}
    ours = lives["off"].median
    rows = [["dtq, AOF off", lives["off"], "", "", "150,000/s"],
            ["dtq, AOF everysec", lives["everysec"], "", lives["everysec"].median / ours,
             "0.6 of AOF off"]]
    for rival in rivals:
        drained = [row["drained"] for row in results[rival.name] if "drained" in row]
        rows.append([rival.name, lives[rival.name], Spread(drained) if drained else "",
                     ours / lives[rival.name].median,
                     f"{BARS[rival.name]} x" if rival.name in BARS else ""])
    report.table(f"Throughput: tasks of {BYTES} bytes, 2 workers (a second)",
                 ["", "whole lives", "drained", "ratio to dtq", "bar"], rows, notes + [
                     f"beanstalkd and gearmand are driven {DEPTH} deep over one connection by a C "
                     "client; the others by bulk insertion and two worker processes. All run on a "
                     "private server without persistence, unless it says AOF."])
    cost = [[f"AOF {aof}", *(Spread([row[what] for row in results[aof]])
                             for what in ("redis", "master", "worker", "scripts")),
             Spread([row["peak"] / 1e6 for row in results[aof]]),
             max(row["slow"] for row in results[aof])] for aof in ("off", "everysec")]
    report.table("What a task costs (microseconds of CPU)",
                 ["", "Redis", "master", "workers", "scripts a task", "Redis peak, MB",
                  "slower than 5 ms"], cost)
