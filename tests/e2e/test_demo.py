"""What dtq demo prints is what a reader may type."""
import os
import re
import subprocess

import processes
from dtqtest import BIN, SLOW, check, equal, matches, test, wait_for
from test_up import alone, home, start, stop

PROGRAM = "it's here/dtq"  # as the reader calls it
CALLED = "'it'\\''s here/dtq' "  # and has to write it for a shell


def demo(farm, *words):
    """The text of a demo, called by a way that a shell would misread."""
    env = home(farm)
    del env["DTQ_OUT"]
    running = farm.spawn("demo", [PROGRAM, "demo", *words], env, farm.folder)
    equal(running.wait(90 * SLOW), 0, f"exit status of dtq demo ({running.out()[-2000:]})")
    wait_for(lambda: not processes.descendants(), "no process is left")
    return running.out()


def paste(farm, text):
    """Each command of the text, in order, for a running `dtq up`; the commands."""
    lines = re.findall(r"(?m)^ +\$ (.*)$", text)
    for line in lines:
        check(line.startswith(CALLED), f"{line} does not begin with the program")
        done = subprocess.run(alone("bash", "-c", line), env=home(farm), cwd=farm.folder,
                              capture_output=True, text=True, timeout=90 * SLOW, check=False)
        equal(done.returncode, 0, f"exit status of {line} ({done.stderr})")
    return lines


@test
def the_commands_of_the_demo_can_be_pasted(farm):
    os.symlink(BIN, farm.path("it's here"))
    text = demo(farm)
    up = start(farm)
    lines = paste(farm, text)
    equal([line[len(CALLED):].split()[0] for line in lines],
          ["sum", "sumsq", "train", "train", "train", "train", "artifacts", "artifacts", "speedup"],
          "commands")
    matches(r"(?m)^Next: `.*dtq up`", text, "what comes next")
    stop(up)


@test
def the_commands_of_the_chaos_demo_can_be_pasted(farm):
    os.symlink(BIN, farm.path("it's here"))
    text = demo(farm, "--chaos")
    check(len(re.findall(r"(?m)^ +kill -(9|STOP) \d+: ", text)) == 8, f"kills in {text}")
    matches(r"(?m)^Next: `.*dtq up`", text, "what comes next")
    up = start(farm)
    check(len(paste(farm, text)) == 5, "commands")
    stop(up)
