"""From the submission of one task to the start of its run, against a bare wake-up."""
import subprocess

from figures import percentile
from rig import rig, tool


def run(report, repeats, scale):
    rounds = max(50, int(200 * repeats * scale))
    with rig(workers=1) as system:
        done = subprocess.run([tool("latency"), system.socket, str(rounds)], check=True,
                              capture_output=True, text=True)
    times = {"dtq": [], "wake": []}
    for row in done.stdout.splitlines():
        name, microseconds = row.split()
        times[name].append(float(microseconds))
    rows = [[title, len(times[name]), *(percentile(times[name], part) for part in (.5, .9, .99))]
            for name, title in (("dtq", "submit to start of run"), ("wake", "bare BRPOPLPUSH"))]
    rows.append(["ratio", "", *(rows[0][i] / rows[1][i] for i in range(2, 5))])
    report.table("Latency: one idle worker, one task at a time (microseconds)",
                 ["", "rounds", "p50", "p90", "p99"], rows,
                 ["Bars: 2.5 x at p50, 5 x at p99."])
