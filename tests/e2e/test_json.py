"""What --json prints, held against docs/JSON.md: no field that the page does not name, none of
another type, none left out that is always there; and what the page names is printed somewhere."""
import json
import os
import re
import signal
import subprocess

from dtqtest import SLOW, TOP, check, equal, one_json, test, wait_for
from test_up import home

PAGE = os.path.join(TOP, "docs", "JSON.md")
PLAIN = {"text": str, "integer": int, "number": (int, float), "boolean": bool}
FREE = "params"  # fields of a job type: dtq help TYPE has them

# Fields that no command of this test meets; whatever else the page names must be printed here.
RARE = {
    "event": {"formerMaster", "silentMs", "ageMs", "winnerMs", "loserSlot", "loserMs", "what", "reason",
              "tasks", "slot", "events"},
    "finding": {"kind", "id", "task", "message", "repair"},
    "slot": {"progress"},
    "job: noop": {"startNs"},
    "settings": {"taskTimeoutMs", "timeLimitMs"},
}


class Page:
    """The dictionary: what the tables of the page say."""

    def __init__(self):
        self.sections, self.commands, self.events, self.seen = {}, {}, {}, {}
        name = None
        with open(PAGE, encoding="utf-8") as page:
            for line in page:
                if line.startswith("## "):
                    name = line[3:].strip()
                cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
                if not line.startswith("| `"):
                    continue
                key = cells[0].strip("`")
                if name == "Commands":
                    self.commands[key] = re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", cells[1])
                elif name == "event" and len(cells) == 2:
                    self.events[key] = re.findall(r"`(\w+)`", cells[1])
                else:
                    self.sections.setdefault(name, {})[key] = cells[1]
        for rows in self.sections.values():
            check(rows, "a section without rows")

    def fields(self, section, value):
        rows = dict(self.sections[section])
        if section == "job":
            rows.update(self.sections.get(f"job: {value.get('type')}", {}))
        if section == "event" and value.get("event") == "epoch":
            rows.update(self.sections["epoch"])
        return rows

    def check(self, value, kind, where):
        """The value is of the kind that the page says."""
        if kind.startswith("list of "):
            check(isinstance(value, list), f"{where}: {value!r} is no list")
            for i, item in enumerate(value):
                self.check(item, kind[len("list of "):], f"{where}[{i}]")
        elif kind in PLAIN:
            check(isinstance(value, PLAIN[kind]) and (kind == "boolean" or not isinstance(value, bool)),
                  f"{where}: {value!r} is no {kind}")
        elif kind != FREE:
            self.check_object(value, kind, where)
        check(kind != FREE or isinstance(value, dict), f"{where}: {value!r} is no object")

    def check_object(self, value, section, where):
        check(isinstance(value, dict), f"{where}: {value!r} is no object")
        rows = self.fields(section, value)
        for name, item in value.items():
            check(name in rows, f"{where}: docs/JSON.md has no field {name} of {section}; it is {item!r}")
            self.check(item, rows[name].rstrip("?"), f"{where}.{name}")
            self.seen.setdefault(section, set()).add(name)
        for name, kind in rows.items():
            check(kind.endswith("?") or name in value, f"{where}: {section} without {name}: {value}")
        if section == "event":
            check(value["event"] in self.events, f"docs/JSON.md has no event {value['event']}")
            extra = set(value) - {"id", "atMs", "event"} - set(self.events[value["event"]])
            check(value["event"] == "epoch" or not extra, f"{where}: {value['event']} with {extra}")

    def unseen(self):
        """What the page names and no command printed."""
        for section, rows in self.sections.items():
            base = "job" if section.startswith("job: ") else section
            seen = self.seen.get(base, set())
            if base == "epoch":
                seen = seen | self.seen.get("event", set())
            for name in set(rows) - seen - RARE.get(section, set()):
                yield f"{section}.{name}"


def trainings(farm):
    """Trainings of all kinds, so that all that a report can say is said."""
    digits = "dataRef=file:digits.csv|hasHeader=true|normalize=16"
    with open(farm.path("data", "line.csv"), "w", encoding="ascii") as to:
        to.writelines(f"{2 * i + i % 3},{i},{i % 7}\n" for i in range(200))
    line = "model=linreg|dataRef=file:line.csv"
    for words in (f"model=logreg|task=binary_is_zero|{digits}|holdout=5|epochs=3|jobId=log",
                  f"model=logreg|task=binary_is_zero|{digits}|metrics=full|epochs=2|jobId=full",
                  f"model=softmax|{digits}|holdout=5|epochs=9|patience=1|minDelta=9|jobId=soft",
                  f"{line}|normalize=standard|holdout=4|epochs=2|samples=1000|metrics=full|jobId=lin",
                  f"model=logreg|task=binary_is_zero|{digits}|optimizer=lbfgs|epochs=9|l2=0.1|jobId=newton",
                  f"{line}|normalize=standard|mode=async|epochs=2|lr=0.01|jobId=async",
                  f"model=logreg|task=binary_is_zero|{digits}|mode=average|shards=2|epochs=2|jobId=average"):
        yield ("train", words, "--no-files")


def commands(farm):
    """(words, exit status) of commands whose every output is checked."""
    yield ("sum", "1|100"), 0
    yield ("--producer", "ann", "sumsq", "1|100"), 0
    yield ("sum", "1|100", "-d"), 0
    for words in trainings(farm):
        yield words, 0
    yield ("resume", "log", "continue=true", "epochs=1", "jobId=on", "--no-files"), 0
    yield ("predict", "log", "file:digits.csv", "rows=5"), 0
    yield ("predict", "soft", "file:digits.csv", "rows=5"), 0
    yield ("predict", "lin", "file:line.csv", "--out", "scores.csv"), 0
    yield ("stats", "file:digits.csv", "hasHeader=true", "csvLabel=first"), 0
    yield ("noop", "tasks=3"), 0
    yield ("noop", "tasks=2", "fail=1", "--attempts", "1", "jobId=bad"), 1
    yield ("noop", "tasks=2", "fail=1", "--attempts", "2", "--backoff", "1ms"), 1
    yield ("noop", "tasks=1", "fail=1", "--backoff", "600s", "-d", "jobId=later"), 0
    yield ("noop", "tasks=4", "ms=60000", "-d", "jobId=long"), 0
    yield ("wait", "long", "--timeout", "0.3"), 4
    yield ("job", "long"), 0
    wait_for(lambda: farm.run("retries"), "a task waits to be tried again")
    yield ("retries",), 0
    yield ("cancel", "later"), 0
    yield ("cancel", "long"), 0
    for words in (("wait", "log"), ("result", "log"), ("job", "log"), ("job", "bad"), ("jobs",),
                  ("weights", "log"), ("export", "log", "--out", "model.json"),
                  ("artifacts", "log", "--dir", "files"), ("plot", "log", "--dir", "files"),
                  ("chat", "good", "morning"), ("workers",), ("queue",), ("queues",), ("queue", "pause"),
                  ("queue", "resume"), ("queue", "drain", "--timeout", "20"), ("queue", "resume"),
                  ("dead",), ("dead", "show", "bad"), ("dead", "replay", "bad"), ("fsck",),
                  ("explain", "log"), ("explain", "bad/0"), ("help",), ("help", "train")):
        yield words, 0
    yield ("wait", "bad"), 1
    yield ("dead", "drop", "all"), 0
    yield ("rm", "later"), 0
    yield ("rm", "nobody"), 2
    yield ("events",), 0


def kind_of(page, words):
    """What the page says that the command prints."""
    name = next(word for word in words if word in page.commands)
    text = page.commands[name].split(" with `params`")[0]
    if "; with `-d` " in text:
        return text.split("; with `-d` ")["-d" in words]
    if name == "export":
        return "written"
    return re.split("[,;:]", text)[0]


@test
def every_field_that_json_prints_is_in_the_dictionary(farm):
    page = Page()
    farm.start(workers=2)
    done = set()
    for words, code in commands(farm):
        value = farm.run(*words, code=code)
        page.check(value, kind_of(page, words), " ".join(words))
        done.add(next(word for word in words if word in page.commands))
        if words[0] == "cancel":
            wait_for(lambda: farm.run("job", words[1])["state"] == "cancelled", "it has ended")
    for words in (("job", "nobody"), ("train", "model=x")):
        page.check(farm.run(*words, code=2), "error", " ".join(words))
    with open(farm.path("model.json"), encoding="utf-8") as model:
        equal(json.load(model), farm.run("export", "log"), "a model is the same in a file")
    farm.worker("w3")
    wait_for(lambda: farm.count("ZCARD", "workers") == 3, "a third worker registers")
    farm.workers["w3"].kill()
    follow = farm.dtq_start("events", "--follow", "--json")
    wait_for(lambda: "worker_gone" in follow.out(), "the news of a killed worker", 20)
    follow.kill()
    for line in follow.out().splitlines(keepends=True):
        if line.endswith("\n"):
            page.check(json.loads(line), "event", "events --follow")
    work = farm.submit("train", "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true"
                                "|epochs=1000000")
    wait_for(lambda: "runningLoss" in farm.run("job", work), "a running training has metrics")
    page.check(farm.run("job", work), "job", "job, while it runs")
    farm.dtq("cancel", work)
    work = farm.submit("noop", "tasks=2", "ms=60000")
    wait_for(lambda: any("jobId" in slot for row in farm.run("workers")["workers"]
                         for slot in row["slots"]), "a worker reports what it holds", 20)
    value = farm.run("workers")
    page.check(value, "members", "workers")
    check("nonce" not in str(value) and "slot0" not in str(value), f"nothing internal: {value}")
    farm.dtq("cancel", work)
    cache = subprocess.run([farm.program("dtq-worker"), "--cache", "--cache-dir", farm.path("cache"),
                            "--json"], env=farm.env,
                           capture_output=True, encoding="utf-8", check=True, timeout=60 * SLOW)
    page.check(one_json(cache.stdout), "cache", "dtq-worker --cache")
    for words in (("demo",), ("speedup", "model=logreg|task=binary_is_zero|dataRef=file:digits.csv"
                              "|hasHeader=true", "--workers", "1,2", "--repeat", "1")):
        value = farm.dtq(*words, "--dir", farm.path("shown"), "--json", limit=120, env=home(farm)).json
        page.check(value, kind_of(page, words), words[0])
        done.add(words[0])
    up = farm.spawn("up", [farm.program("dtq"), "up", "--dir", farm.path("up"), "--json"], home(farm))
    wait_for(lambda: up.out().endswith("\n") or not up.alive, "dtq up prints where it is", 30)
    page.check(one_json(up.out()), "up", "up")
    done.add("up")
    up.signal(signal.SIGTERM)
    equal(up.wait(30 * SLOW), 0, "exit status of dtq up")
    logging = farm.spawn("w9", [farm.program("dtq-worker"), "w9", "--json"], farm.env)
    wait_for(lambda: logging.log().endswith("\n"), "a worker says that it is there")
    for line in logging.log().splitlines():
        page.check(json.loads(line), "log", "dtq-worker --json")
    names = {row["name"] for row in farm.run("help")["commands"]}
    equal(set(page.commands), names, "commands of the page and of help")
    equal(names - done, set(), "commands that this test runs")
    equal(sorted(page.unseen()), [], "what docs/JSON.md names and nobody prints")


@test
def events_of_the_protocol_are_all_in_the_dictionary(farm):
    page = Page()
    with open(os.path.join(TOP, "docs", "PROTOCOL.md"), encoding="utf-8") as source:
        text = source.read().split("\n### Events\n")[1].split("\n## ")[0]
    named = {event for row in re.findall(r"(?m)^\| (`[^|]*`) \|", text) for event in re.findall(r"`(\w+)`", row)}
    equal(named - {"event"}, set(page.events) - {"trimmed"}, "events of docs/PROTOCOL.md and docs/JSON.md")
