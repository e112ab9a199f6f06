"""dtq help: groups, examples that run, lines that fit the terminal."""
import re
import shlex

from dtqtest import check, equal, matches, test, wait_for
from terminal import Terminal

GROUPS = ["Jobs", "Models and data", "Queue", "This machine"]
# What does not end by itself, or starts a system of its own, is tested elsewhere.
NOT_RUN = ("dtq up", "dtq demo", "dtq speedup", "dtq events --follow")


@test
def commands_are_listed_in_groups_and_each_begins_with_examples(farm):
    farm.start_redis()
    text = farm.dtq("--help").out
    equal(re.findall(r"(?m)^(\w[\w ]*)$", text)[:len(GROUPS)], GROUPS, "headings")
    commands = farm.run("help")["commands"]
    for command in commands:
        name = command["name"]
        matches(rf"(?m)^  {name} ", text, "dtq --help")
        one = farm.dtq(name, "--help").out
        equal(farm.dtq("help", name).out, one, f"dtq help {name}")
        matches(rf"\A(  \$ dtq {name}.*\n(      .*\n)*){{2}}\nusage: dtq {name}", one, "two examples, then the usage")
        equal(len(command["examples"]), 2, f"examples of {name}")
        equal(farm.run("help", name)["commands"], [command], f"dtq help {name} --json")
    train = farm.dtq("help", "train").out
    matches(r"(?m)^Model\n(  .*\n)+\nData\n(  .*\n)+\nEpochs and stopping\n(  .*\n)+\nOptimizer\n", train, "fields")
    matches('did you mean "train"', farm.dtq("help", "trian", code=2).err, "another word")


@test
def lines_of_help_fit_the_terminal(farm):
    farm.start_redis()
    for columns in (60, 80, 200):
        for words in (["--help"], *(["help", row["name"]] for row in farm.run("help")["commands"])):
            t = Terminal(farm, [farm.program("dtq"), *words], columns=columns)
            try:
                equal(t.end(), 0, "exit status")
                widest = max(t.raw.decode().replace("\r", "").split("\n"), key=len)
            finally:
                t.kill()
            check(len(widest) <= min(columns, 100), f"{words} in {columns} columns: {widest!r}")


@test
def the_examples_of_help_run(farm):
    farm.start(workers=2, slots=2)
    train = "model=logreg task=binary_is_zero dataRef=digits.csv hasHeader=true epochs=2"
    equal(farm.submit("sum", "1", "2"), "J1", "the jobs that the examples name")
    farm.run("train", *train.split(), "--no-files")
    for _ in range(2):  # for cancel
        farm.submit("noop", "tasks=1", "ms=600000")
    farm.run("train", *train.split(), "--no-files")
    equal([row["jobId"] for row in farm.run("jobs") if row["state"] == "completed"], ["J5", "J2", "J1"], "jobs")
    examples = [line for row in farm.run("help")["commands"] for line in row["examples"]]
    examples.sort(key=lambda line: "cancel" not in line)  # these hold the workers
    for line in examples:
        if line.startswith(NOT_RUN):
            continue
        if "dtq rm" in line:
            job = line.split()[2]
            wait_for(lambda: farm.ended(job), f"{job} has ended")  # pylint: disable=cell-var-from-loop
        farm.dtq(*shlex.split(line)[1:])
        if line == "dtq queue pause":
            farm.dtq("queue", "resume")
    wait_for(lambda: farm.run("queue")["jobs"] == 0, "all that was submitted ends", 30)
