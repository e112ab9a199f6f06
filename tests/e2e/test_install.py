"""make install and uninstall, and what was installed at work elsewhere."""
import os
import re
import shutil
import subprocess

import processes
from dtqtest import BIN, DATA, SLOW, TOP, check, equal, matches, test, wait_for
from test_up import alone, home, stop

PREFIX = "opt/dtq"


def make(farm, target, *variables):
    """Installs the programs of this run: nothing is built."""
    env = {name: value for name, value in farm.env.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-s", "-o", "all", target, "BIN=" + BIN, *variables], env=env,
                          cwd=TOP, capture_output=True, text=True, timeout=60 * SLOW, check=False)
    equal((done.returncode, done.stderr), (0, ""), f"make {target}")


def files(folder):
    """All that is below a folder and is no folder, by its path there."""
    return sorted(os.path.relpath(os.path.join(at, name), folder)
                  for at, _, names in os.walk(folder) for name in names)


def installed(farm):
    """An installed tree; its folder."""
    make(farm, "install", "PREFIX=" + farm.path(PREFIX))
    return farm.path(PREFIX)


def up_of(farm, tree, env):
    """A running `dtq up` of an installed tree, started from a folder of nobody's."""
    up = farm.spawn("up", [os.path.join(tree, "bin", "dtq"), "up"], env, farm.path("home"))

    def ready():
        processes.reap_orphans()
        return up.out().endswith("\n") or not up.alive
    wait_for(ready, "dtq up prints its URL", 30)
    check(up.alive, f"dtq up ended: {up.log()}")
    return up


@test
def uninstall_removes_what_install_put_and_nothing_else(farm):
    dest = farm.path("a dest")
    make(farm, "install", "DESTDIR=" + dest, "PREFIX=/usr")
    for path in ("bin/dtq", "bin/dtq-master", "bin/dtq-worker", "bin/dtq-producer",
                 "share/man/man1/dtq.1", "share/man/man1/dtq-producer.1",
                 "share/bash-completion/completions/dtq", "lib/systemd/system/dtq-master.service",
                 "lib/systemd/system/dtq-worker@.service"):
        check(os.path.getsize(os.path.join(dest, "usr", path)) > 0, f"{path} is empty")
    docs = os.listdir(os.path.join(dest, "usr/share/doc/dtq"))
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "compose.yaml",
                 *(name for name in os.listdir(os.path.join(TOP, "docs")) if name.endswith(".md"))):
        check(name in docs, f"{name} is not among {docs}")
    with open(os.path.join(DATA, "README.md"), encoding="utf-8") as text:
        named = re.findall(r"(?m)^\| (\S+\.\w+) ", text.read())
    check(len(named) >= 3, f"data sets in data/README.md: {named}")
    for name in named + ["README.md", "jobs.txt"]:
        check(os.path.isfile(os.path.join(dest, "usr/share/dtq/data", name)), f"data/{name}")
    make(farm, "install", "DESTDIR=" + dest, "PREFIX=/usr")  # once more, over what is there
    with open(os.path.join(dest, "usr/share/dtq/data/mine.csv"), "w", encoding="ascii") as mine:
        mine.write("1,2\n")
    make(farm, "uninstall", "DESTDIR=" + dest, "PREFIX=/usr")
    equal(files(dest), ["usr/share/dtq/data/mine.csv"], "files left")
    check(not os.path.exists(os.path.join(dest, "usr/share/doc/dtq")), "share/doc/dtq is left")
    os.remove(os.path.join(dest, "usr/share/dtq/data/mine.csv"))
    make(farm, "uninstall", "DESTDIR=" + dest, "PREFIX=/usr")
    check(not os.path.exists(os.path.join(dest, "usr/share/dtq")), "share/dtq is left")


@test
def each_folder_of_an_installation_has_a_variable(farm):
    where = {"BINDIR": "b", "DATADIR": "d", "MANDIR": "m", "DOCDIR": "o", "UNITDIR": "u",
             "BASHCOMPDIR": "c"}
    words = [f"{name}={farm.path('x', folder)}" for name, folder in where.items()]
    make(farm, "install", *words)
    found = {path.split("/")[0] for path in files(farm.path("x"))}
    equal(found, set(where.values()), "folders that got files")
    with open(farm.path("x", "u", "dtq-master.service"), encoding="ascii") as unit:
        matches(rf"(?m)^ExecStart={farm.path('x', 'b')}/dtq-master ", unit.read(), "its program")
    make(farm, "uninstall", *words)
    equal(files(farm.path("x")), [], "files left")


@test
def the_units_are_as_systemd_wants_them(farm):
    tree = installed(farm)
    folder = os.path.join(tree, "lib/systemd/system")
    for name in ("dtq-master.service", "dtq-worker@.service"):
        with open(os.path.join(folder, name), encoding="ascii") as unit:
            text = unit.read()
        for section, keys in (("Unit", "Description Documentation After"),
                              ("Service", "ExecStart EnvironmentFile User Restart KillSignal "
                               "TimeoutStopSec StateDirectory NoNewPrivileges ProtectSystem"),
                              ("Install", "WantedBy")):
            part = re.search(rf"(?ms)^\[{section}\]$(.*?)(?=^\[|\Z)", text)
            check(part, f"{name} has no [{section}]")
            for key in keys.split():
                matches(rf"(?m)^{key}=\S", part.group(1), f"[{section}] of {name}")
    grace = int(re.search(r"--grace (\d+)", text).group(1))
    check(int(re.search(r"TimeoutStopSec=(\d+)", text).group(1)) > grace + 3,
          "a worker is killed before it has handed back what is left")
    if not shutil.which("systemd-analyze"):
        return
    done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                           os.path.join(folder, "dtq-master.service"),
                           os.path.join(folder, "dtq-worker@1.service")], env=farm.env,
                          capture_output=True, text=True, timeout=60 * SLOW, check=False)
    equal((done.returncode, [line for line in done.stderr.splitlines() if "/dtq-" in line]),
          (0, []), "systemd-analyze verify")


@test
def installed_data_sets_are_found_from_anywhere(farm):
    tree = installed(farm)
    moved = farm.path("elsewhere")
    os.rename(tree, moved)
    env = home(farm)
    up = up_of(farm, moved, env)
    shipped = os.path.join(moved, "share/dtq/data")
    matches(rf"looked up below {farm.path('home')}, {shipped}\n", up.log(), "the data roots")
    words = [os.path.join(moved, "bin", "dtq"), "train", "model=logreg|task=binary_is_zero"
             "|dataRef=file:digits.csv|hasHeader=true|normalize=16|epochs=2"]
    done = subprocess.run(alone(*words), env=env, cwd=farm.path("tmp"), capture_output=True,
                          text=True, timeout=60 * SLOW, check=False)
    equal(done.returncode, 0, f"exit status of a training ({done.stderr})")
    stop(up)
    farm.start(workers=0)
    worker = farm.spawn("w1", [os.path.join(moved, "bin", "dtq-worker"), "w1"], env=farm.env,
                        cwd=farm.path("tmp"))
    farm.workers["w1"] = worker
    farm.dtq("stats", "file:diabetes.csv")


@test
def an_installed_demo_runs_in_any_folder(farm):
    tree = installed(farm)
    env = home(farm, PATH=os.path.join(tree, "bin") + ":" + os.environ["PATH"])
    del env["DTQ_OUT"]
    os.mkdir(farm.path("x"))
    demo = farm.spawn("demo", ["dtq", "demo"], env, farm.path("x"))
    equal(demo.wait(90 * SLOW), 0, f"exit status of dtq demo ({demo.out()[-2000:]}{demo.log()})")
    check("FAILED" not in demo.out(), demo.out())
    equal(os.listdir(farm.path("x")), ["dtq-demo"], "what it leaves")
    wait_for(lambda: not processes.descendants(), "no process is left")
