"""What Redis holds for queued tasks, and how long it takes to submit very many."""
from figures import Spread
from rig import rig, wait_for

BYTES = 100
WINDOW = 2048  # tasks of one noop job that lie in Redis at a time


def queued(jobs):
    """Bytes a task beyond its payload, with so many full windows in Redis and nobody to work."""
    with rig(workers=0) as system:
        before = system.memory()
        system.submit_many(jobs, "tasks=1000000", f"bytes={BYTES}")
        wait_for(lambda: system.count("LLEN", "ready") == jobs * WINDOW, "all windows are full",
                 300)
        grown = system.memory() - before
        return grown, grown / (jobs * WINDOW) - BYTES


def one_window():
    """Growth of Redis for one job of a million tasks, and the time its submission takes."""
    with rig(workers=0) as system:
        before = system.memory()
        system.submit_many(1, "tasks=1000000", f"bytes={BYTES}")
        wait_for(lambda: system.count("LLEN", "ready") == WINDOW, "the window is full", 60)
        grown = system.memory() - before
        large = [system.submit_many(1, "tasks=10000000", f"bytes={BYTES}")[0][1] / 1000
                 for _ in range(20)]
        return grown, large


def run(report, _repeats, scale):
    jobs = max(1, round(489 * min(scale, 1)))
    grown, beyond = queued(jobs)
    small, large = one_window()
    report.table("Memory of Redis, tasks of 100 bytes", ["", "measured", "bar"], [
        [f"{jobs * WINDOW:,} tasks queued (in {jobs} jobs), MB", grown / 1e6, ""],
        ["beyond the payload, bytes a task", beyond, "100"],
        ["one job of 1,000,000 tasks, default window, MB", small / 1e6, "64"],
        ["submitting a job of 10,000,000 tasks, ms", Spread(large), "100"]])
