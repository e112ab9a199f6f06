"""The documents say what the programs do: man pages, README's first session, links."""
import glob
import os
import re
import shutil
import subprocess

from dtqtest import BIN, SLOW, TOP, check, equal, test
from terminal import Terminal
from test_up import alone, home, start, stop


def text_of(*names):
    with open(os.path.join(TOP, *names), encoding="utf-8") as file:
        return file.read()


def man(name):
    """{title: text} of the sections of a man page, in plain letters."""
    text = re.sub(r"\\f[BIPR]|\\c$", "", text_of("docs", "man", name + ".1"), flags=re.M)
    text = text.replace("\\-", "-")
    return dict(re.findall(r"(?ms)^\.SH (.*?)\n(.*?)(?=^\.SH |\Z)", text))


def entries(section):
    """The lines that name what is explained: those behind .TP."""
    return re.findall(r"(?m)^\.TP\n(?:\.[BI]+ )?(.*)$", section)


def named_options(section):
    return {option for line in entries(section) for option in re.findall(r"--[a-z][a-z-]*", line)}


def same(named, there, what):
    equal((sorted(there - named), sorted(named - there)), ([], []),
          f"{what} that are missing, and that there are not")


def candidates(farm, *words):
    return farm.dtq("__complete", *words).out.split()


@test
def the_manual_names_every_command_and_every_option_and_no_other(farm):
    commands = set(candidates(farm, ""))
    check(len(commands) > 20, f"commands: {commands}")
    sections = man("dtq")
    named = {re.match(r"\w+", line)[0] for line in entries(sections["COMMANDS"])}
    named |= {name for line in entries(sections["COMMANDS"])
              for name in re.findall(r", (\w+)\"? ", line)}
    same(named, commands, "commands in dtq(1)")
    options = {option for command in commands for option in candidates(farm, command, "--")}
    options |= set(candidates(farm, "--"))
    same(named_options(sections["OPTIONS"]), options, "options in dtq(1)")
    texts = [farm.dtq("--help")] + [farm.dtq(command, "--help") for command in commands]
    letters = {letter for text in texts for letter in re.findall(r"(?m)^  (-\w), --", text.out)}
    same(set(re.findall(r"(?m)^\.B\S+ (-\w)", sections["OPTIONS"])), letters,
         "short options in dtq(1)")


@test
def the_manuals_of_masters_and_workers_name_their_options(farm):
    for name in ("dtq-master", "dtq-worker"):
        done = subprocess.run([farm.program(name), "--help"], env=farm.env, capture_output=True,
                              text=True, timeout=60 * SLOW, check=True)
        options = set(re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", done.stdout))
        same(named_options(man(name)["OPTIONS"]), options, f"options in {name}(1)")


@test
def manuals_have_dates_and_nothing_to_warn_of(farm):
    for path in glob.glob(os.path.join(TOP, "docs", "man", "*.1")):
        check(re.match(r'\.TH \S+ 1 "\d{4}-\d\d-\d\d" "DTQ ', text_of(path)), f"no date: {path}")
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], env=farm.env,
                                  capture_output=True, text=True, timeout=60 * SLOW, check=False)
            equal(done.stdout + done.stderr, "", f"what mandoc says of {path}")


@test
def the_job_type_that_is_added_step_by_step_fits_the_interface(farm):
    """Its files compile against jobs/job.h as it is; rows of tables are compared with those there
    are."""
    blocks = re.findall(r"(?ms)^```c\n(.*?)^```$", text_of("docs", "ADDING-A-JOB-TYPE.md"))
    job, declaration, registry, command, unit = blocks
    for source in (job, unit):
        done = subprocess.run(
            [os.environ.get("CC", "cc"), "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
             "-I" + TOP, "-fsyntax-only", "-xc", "-"],
            input=source.replace('#include "jobs/types.h"\n', '#include "jobs/types.h"\n' + declaration),
            env=farm.env, capture_output=True, text=True, timeout=60 * SLOW, check=False)
        equal((done.returncode, done.stderr), (0, ""), "the compiler")
    check(" job_primes;" in declaration and "extern" in text_of("jobs", "types.h"), "jobs/types.h")
    there = set(re.findall(r"&(job_\w+)", text_of("jobs", "registry.c")))
    equal(set(re.findall(r"&(job_\w+)", registry)), there | {"job_primes"}, "rows of the registry")
    sums = re.search(r'(?s)\{"sum", .*?\},', text_of("producer", "commands.c"))[0]
    equal(re.findall(r"\b(?:FOR_\w+|MANY|command_\w+)", command),
          re.findall(r"\b(?:FOR_\w+|MANY|command_\w+)", sums), "the row of the command, like sum's")


@test
def links_in_documents_lead_somewhere(_farm):
    for path in [os.path.join(TOP, name) for name in ("README.md", "CHANGELOG.md")] + [
            path for folder in ("docs", "data", "bench")
            for path in glob.glob(os.path.join(TOP, folder, "*.md"))]:
        for link in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
            if re.match(r"https?:", link):
                continue
            name, _, anchor = link.partition("#")
            target = os.path.join(os.path.dirname(path), name) if name else path
            check(os.path.exists(target), f"{path}: {link} leads nowhere")
            if anchor:
                titles = re.findall(r"(?m)^#+ (.*)$", text_of(target))
                found = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
                check(anchor in found, f"{path}: {link} leads to no title of {name}")


@test
def the_first_session_of_the_readme_is_true(farm):
    """Its commands, in their order, from a folder like that of the sources."""
    os.symlink(BIN, farm.path("bin"))
    session = re.search(r"(?ms)^## A first session$(.*?)(?=^## )", text_of("README.md"))[1]
    steps = re.findall(r"(?m)^\$ (bin/dtq.*)\n((?:(?!\$ |```).*\n)*)", session)
    check(len(steps) > 6, f"only {len(steps)} commands in the first session of the README")
    equal(steps[0][0], "bin/dtq up", "the first command")
    up = start(farm)
    for command, shown in steps[1:]:
        terminal = Terminal(farm, alone(shutil.which("bash"), "-c", command), columns=80,
                            env=home(farm, NO_COLOR="1"))
        code = terminal.end(60)
        refused = shown.startswith("dtq: ")
        equal(code, 2 if refused else 0, f"exit status of {command} ({terminal.text})")
        out = [words(line) for line in terminal.text.splitlines()]
        for line in shown.splitlines():  # those without figures are the same in each run
            check(re.search(r"\d", line) or line == "..." or words(line) in out,
                  f"{command} does not print {words(line)!r} but {out}")
    stop(up)


def words(line):
    return " ".join(line.split())
