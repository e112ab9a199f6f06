"""The commands of docs/PROTOCOL.md, "Reading it with redis-cli", tell the story of a live job."""
import os
import re
import shlex
import shutil
import subprocess

from dtqtest import QUEUE, TOP, check, equal, test, wait_for

DOCUMENT = os.path.join(TOP, "docs", "PROTOCOL.md")
# Without a terminal redis-cli prints an error of the server as it came.
ERROR = re.compile(r"^(\(error\) )?(ERR|WRONGTYPE|NOSCRIPT|NOAUTH|NOPERM|NOGROUP|LOADING|BUSY"
                   r"|READONLY|MISCONF|EXECABORT|CROSSSLOT|Could not connect)\b", re.M)


def documented_commands():
    """The lines that set variables; (command, pattern of its output or None), in their order."""
    with open(DOCUMENT, encoding="utf-8") as document:
        found = re.search(r"(?ms)^## Reading it with redis-cli$(.*?)(?=^## |\Z)", document.read())
    check(found, f"{DOCUMENT} has no section \"Reading it with redis-cli\"")
    lines = "\n".join(re.findall(r"(?ms)^```\w*\n(.*?)^```$", found[1])).splitlines()
    commands, setting = [], []
    for line in lines:
        if re.match(r"[A-Z]=", line):
            setting.append(line)
        elif line.startswith("redis-cli"):
            commands.append((line, None))
        elif line.startswith("# -> ") and commands:
            commands[-1] = (commands[-1][0], line[5:])
        elif line.strip():
            check(False, f"neither a command nor \"# -> REGEX\" in the section: {line}")
    return setting, commands


def run(farm, command, variables):
    """Through a shell, with a redis-cli that knows the way to the server."""
    done = subprocess.run(["sh", "-c", command], capture_output=True, cwd=farm.folder, check=False,
                          env=dict(farm.env, **variables), timeout=60)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()


@test
def every_documented_command_reads_a_live_job(farm):
    setting, commands = documented_commands()
    check(len(commands) > 10, f"only {len(commands)} commands are documented")
    check(sum(1 for _, pattern in commands if pattern) > 5, "hardly any output is documented")
    farm.start(workers=2)
    os.mkdir(farm.path("bin"))
    with open(farm.path("bin", "redis-cli"), "w", encoding="ascii") as to:
        to.write(f"#!/bin/sh\nexec {shlex.quote(shutil.which('redis-cli'))} "
                 f"-s {shlex.quote(farm.socket)} \"$@\"\n")
    os.chmod(farm.path("bin", "redis-cli"), 0o755)
    # Each epoch is a task, and there are so many that the job is never through.
    job = farm.submit("train", "model=logreg|task=binary_is_zero|dataRef=file:digits.csv"
                      "|hasHeader=true|normalize=16|epochs=1000000|patience=1000000")
    wait_for(lambda: farm.number(job, "version") > 3, "the job has weights")
    variables = {"PATH": farm.path("bin") + ":" + os.environ["PATH"]}
    script = "\n".join(setting + ["printf '%s\\n' \"$Q\" \"$J\" \"$W\""])
    code, out, err = run(farm, script, variables)
    check((code, out.split()[:2], err) == (0, [QUEUE, job], "")
          and out.split()[2:] in (["w1"], ["w2"]), f"$Q, $J and $W: {code}, {out}, {err}")
    variables.update(zip("QJW", out.split()))
    wrong = []
    for command, pattern in commands:
        code, out, err = run(farm, command, variables)
        if code or err or ERROR.search(out):
            wrong.append(f"{command}\n    exit status {code}: {(out + err)[:300]}")
        elif pattern and not re.search(pattern, out, re.M):
            wrong.append(f"{command}\n    {out[:300]!r} does not match {pattern}")
    equal(farm.field(job, "state"), "running", "state of the job after all the reading")
    check(not wrong, f"{len(wrong)} of {len(commands)} commands:\n" + "\n".join(wrong))
    farm.dtq("cancel", job)
    farm.nothing_left(job)
