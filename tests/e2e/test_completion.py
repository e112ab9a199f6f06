"""Completion in a shell: by the file that is installed for bash, and by what it asks dtq for."""
import contextlib
import os
import shutil
import subprocess

from dtqtest import BIN, SLOW, TOP, check, equal, test
from terminal import Terminal

SCRIPT = os.path.join(TOP, "packaging", "dtq.bash")
ALONE = '''. "$1"; COMP_LINE=$2 COMP_POINT=${#2}; COMP_WORDS=("${@:3}"); COMP_CWORD=$(($# - 3))
"_$FUNCTION" "${COMP_WORDS[0]}"; printf '%s\\n' "${COMPREPLY[@]}"'''


def environment(farm):
    """A working folder with data sets, and dtq in PATH."""
    os.makedirs(farm.path("data", "sets"), exist_ok=True)
    os.makedirs(farm.path("home", "deep"), exist_ok=True)
    for name in ("mine.csv", "my pixels.csv", "a|b.csv", os.path.join("sets", "one.csv")):
        with open(farm.path("data", name), "w", encoding="ascii") as to:
            to.write("1,2\n")
    with open(farm.path("inputrc"), "w", encoding="ascii") as to:
        to.write("set enable-bracketed-paste off\nset bell-style none\n")
    return dict(farm.env, PATH=BIN + ":" + farm.env["PATH"], INPUTRC=farm.path("inputrc"))


def offered(farm, line, *words, function="dtq"):
    """What bash would be given for the words, as it divides them."""
    done = subprocess.run(["bash", "-c", ALONE, "bash", SCRIPT, line, *words],
                          env=dict(environment(farm), FUNCTION=function), cwd=farm.folder,
                          capture_output=True, text=True, timeout=60 * SLOW, check=False)
    equal((done.returncode, done.stderr), (0, ""), f"completion of {line}")
    return [line for line in done.stdout.splitlines() if line]


@test
def a_shell_is_offered_commands_options_fields_and_their_values(farm):
    equal(offered(farm, "dtq tra", "dtq", "tra"), ["train "], "a command")
    equal(offered(farm, "dtq --producer 7 7", "dtq", "--producer", "7", "7"), [], "no command")
    equal(offered(farm, "dtq 7 su", "dtq", "7", "su"), ["sum ", "sumsq "], "after a producer")
    check("--detach " in offered(farm, "dtq sum --", "dtq", "sum", "--"), "an option")
    check("--redis " not in offered(farm, "dtq up --", "dtq", "up", "--"), "one that up refuses")
    equal(offered(farm, "dtq export J1 --format vw", "dtq", "export", "J1", "--format", "vw"),
          ["vw "], "a value of an option")
    equal(offered(farm, "dtq plot --format s", "dtq", "plot", "--format", "s"), ["svg "],
          "of the same option of another command")
    equal(offered(farm, "dtq train model=l", "dtq", "train", "model", "=", "l"),
          ["linreg ", "logreg "], "values of a field, without what bash leaves alone")
    equal(offered(farm, "dtq train 'model=logreg|batchS", "dtq", "train", "'model=logreg|batchS"),
          ["model=logreg|batchSize=", "model=logreg|batchSize=|"], "a field in quotes stays open")
    equal(offered(farm, "dtq queue pau", "dtq", "queue", "pau"), ["pause "], "a word of a command")
    check("--cache-dir " in offered(farm, "dtq-worker --ca", "dtq-worker", "--ca",
                                    function="dtq_member"), "an option of dtq-worker")


@test
def a_shell_is_offered_files_below_the_data_roots(farm):
    equal(offered(farm, "dtq train dataRef=my", "dtq", "train", "dataRef", "=", "my"),
          ["my\\ pixels.csv "], "without file:")
    equal(offered(farm, "dtq stats file:mi", "dtq", "stats", "file", ":", "mi"), ["mine.csv "],
          "behind file:")
    equal(offered(farm, "dtq predict J1 digi", "dtq", "predict", "J1", "digi"), ["digits.csv "],
          "a data set that came with dtq")
    equal(offered(farm, "dtq train testRef=data/", "dtq", "train", "testRef", "=", "data/"),
          ["data/mine.csv ", "data/my\\ pixels.csv ", "data/sets/"], "in a folder")
    equal(offered(farm, "dtq train wFile=mi", "dtq", "train", "wFile", "=", "mi"), [],
          "a file of the producer is not looked for in data")
    equal(offered(farm, "dtq up --dir ho", "dtq", "up", "--dir", "ho"), ["home/"], "a folder")
    equal(offered(farm, "dtq up --data-dir=~/d", "dtq", "up", "--data-dir", "=", "~/d"),
          ["~/deep/"], "a folder at home")
    equal(offered(farm, "dtq export J1 --out data/mi", "dtq", "export", "J1", "--out", "data/mi"),
          ["data/mine.csv "], "a file for an option")


@test
def a_shell_is_offered_jobs_when_redis_answers(farm):
    farm.start_redis()
    farm.dtq("sum", "1|2", "jobId=former", "-d")
    equal(offered(farm, "dtq result fo", "dtq", "result", "fo"), ["former "], "a job")
    equal(offered(farm, "dtq result fo", "dtq", "--queue", "other", "result", "fo"), [],
          "one of another queue")
    farm.kill_redis()
    equal(offered(farm, "dtq result fo", "dtq", "result", "fo"), [], "without Redis")


@test
def tab_completes_in_bash(farm):
    env = dict(environment(farm), PS1="$ ")
    t = Terminal(farm, [shutil.which("bash"), "--norc", "--noprofile", "-i"], env=env)
    with contextlib.ExitStack() as stack:
        stack.callback(t.kill)
        t.wait(r"\$ $")
        t.line(f". {SCRIPT}", r"\n\$ $")
        for typed, shown in (("dtq trai\t", "dtq train "), ("dataR\t", r"dtq train dataRef="),
                             ("file:min\t", r"dtq train dataRef=file:mine\.csv "),
                             ("testRef=set\t", r"\S* testRef=sets/"),
                             ("one\t", r"\S* testRef=sets/one\.csv "),
                             ("model=soft\t", "model=softmax "), ("--dir=ho\t", "--dir=home/"),
                             ("\x15dtq train 'model=lo\t", "dtq train 'model=logreg"),
                             ("|dataRef=file:min\t", r"dtq train 'model=logreg\|dataRef=file:mine\.csv"),
                             ("\x15dtq up --data-dir data/se\t", "dtq up --data-dir data/sets/")):
            t.type(typed)
            t.wait(rf"{shown}$", t.here())
        t.type("\x15exit\r")
        equal(t.end(), 0, "exit status of bash")
