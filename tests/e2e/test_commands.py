"""The producer's commands: what they print and how they end."""
import os
import pty
import re
import signal
import subprocess

from dtqtest import QUEUE, SLOW, check, equal, matches, one_json, test, wait_for
from terminal import Terminal

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
FIELDS = {"jobId": str, "type": str, "state": str, "tasks": dict, "wallMs": int, "workers": int}


def check_job(value, kind, state):
    """The fields that every job has."""
    for name, of in FIELDS.items():
        check(isinstance(value.get(name), of), f"{name} of {value} is no {of.__name__}")
    equal(value["type"], kind, "type")
    equal(value["state"], state, "state")
    for name in ("total", "done", "retried", "reclaimed"):
        check(isinstance(value["tasks"].get(name), int), f"tasks.{name} of {value}")


def on_terminal(farm, columns, *words, env=None):
    """What a command writes on a terminal of so many columns."""
    t = Terminal(farm, [farm.program("dtq"), *words], columns=columns, env=env)
    try:
        equal(t.end(), 0, f"exit status of {words}")
        return t.raw.decode()
    finally:
        t.kill()


@test
def json_is_one_value_with_the_fields_of_a_job(farm):
    farm.start(workers=2)
    value = farm.run("sum", "1|10")
    check_job(value, "sum", "completed")
    equal(value["result"], "55", "result")
    check("error" not in value, "a good job has no error")
    value = farm.run("noop", "tasks=7")
    check_job(value, "noop", "completed")
    equal((value["tasks"]["total"], value["tasks"]["done"]), (7, 7), "tasks")
    value = farm.run("train", DIGITS + "|epochs=3")
    check_job(value, "train", "completed")
    equal(value["mode"], "sync", "mode")
    for name in ("loss", "accuracy", "count", "throughput"):
        check(isinstance(value.get(name), (int, float)), f"{name} of {value}")
    equal(value["count"], 3 * 1797, "rows trained on")
    equal([row["epoch"] for row in value["epochs"]], [1, 2, 3], "epochs")
    for row in value["epochs"]:
        for name in ("runningLoss", "runningAccuracy", "durationMs", "throughput", "workers"):
            check(isinstance(row.get(name), (int, float)), f"{name} of epoch {row}")
    check(value["loss"] < value["epochs"][-1]["runningLoss"], "loss is that after the last step")
    value = farm.run("sum", "7|1", code=2)
    equal(sorted(value["error"]), ["code", "message"], "an error has a code and a message")
    value = farm.run("train", DIGITS.replace("digits", "absent"), code=1)
    check_job(value, "train", "failed")
    matches(r"absent\.csv", value["error"]["message"], "the error names the file")
    check(value["error"]["code"], "the error has a code")
    check("result" not in value and value["epochs"] == [], "a failed job has no result")


@test
def a_job_is_submitted_now_and_asked_for_later(farm):
    farm.start(workers=2)
    job = farm.dtq("sum", "1|100", "-d").out.strip()
    equal(job, "J1", "the first job of a producer without a name")
    equal(farm.dtq("wait", job).out, "5050\n", "wait prints the result")
    equal(farm.dtq("result", job).out, "5050\n", "so does result")
    value = farm.dtq("sum", "1|3", "jobId=three", "-d", "--json").json
    equal((value["jobId"], value["type"]), ("three", "sum"), "what -d --json tells")
    equal(farm.run("wait", "three")["result"], "6", "wait --json")
    text = farm.dtq("jobs").out
    check("J1" in text and "three" in text and "completed" in text, f"jobs lists them: {text}")
    jobs = farm.run("jobs")
    equal(sorted(row["jobId"] for row in jobs), ["J1", "three"], "jobs --json")
    for row in jobs:
        check_job(row, "sum", "completed")
    value = farm.run("job", "three")
    check_job(value, "sum", "completed")
    equal(value["params"], {"start": "1", "end": "3"}, "job tells the parameters")
    matches(r"state +completed", farm.dtq("job", "three").out, "job")
    equal(farm.dtq("sum", "1|2", "-d").out, "J2\n", "the next id")
    reply = farm.dtq("7", "sum", "1|2", "-d")
    equal(reply.out, "J7-1\n", "the first job of producer 7")
    for command in ("job", "wait", "result", "weights", "cancel"):
        reply = farm.dtq(command, "nobody", code=2)
        matches(r'"?nobody"?', reply.err, f"{command} of an unknown job names it")
    matches(r"no weights", farm.dtq("weights", "three", code=2).err, "weights of a sum")


@test
def workers_lists_masters_and_workers(farm):
    farm.start(workers=2, slots=3, masters=2)
    text = farm.dtq("workers").out
    for name in ("w1", "w2", "m1", "m2"):
        matches(rf"\b{name}\b", text, "workers")
    value = farm.run("workers")
    equal(sorted(row["worker"] for row in value["workers"]), ["w1", "w2"], "workers --json")
    equal([len(row["slots"]) for row in value["workers"]], [3, 3], "slots")
    equal(sorted(int(row["pid"]) for row in value["workers"]),
          sorted(p.pid for p in farm.workers.values()), "process ids")
    equal(sorted(row["master"][:2] for row in value["masters"]), ["m1", "m2"], "masters")
    check(all(int(row["aliveMs"]) > 0 for row in value["workers"]), "all are alive")


@test
def a_cancelled_job_leaves_its_workers_within_a_second(farm):
    farm.start(workers=2, slots=2)
    job = farm.submit("noop", "tasks=4", "ms=600000")
    wait_for(lambda: farm.count("ZCARD", "leases") == 4, "all slots are at work")
    farm.dtq("cancel", job)
    wait_for(lambda: farm.count("ZCARD", "leases") == 0, "all slots are free again", 1)
    equal(farm.dtq("result", job, code=4).out, "", "result of a cancelled job")
    value = farm.run("wait", job, code=4)
    check_job(value, "noop", "cancelled")
    matches("cancelled", value["error"]["message"], "why")
    matches(f"{job}.*ended already", farm.dtq("cancel", job, code=1).err, "cancelled twice")
    farm.nothing_left(job)
    equal(farm.dtq("sum", "1|4").out, "10\n", "the same workers go on")


@test
def ended_jobs_are_removed_and_others_refused(farm):
    farm.start(workers=1)
    for name in ("a", "b", "c"):
        farm.run("noop", f"jobId={name}|tasks=1")
    running = farm.submit("noop", "tasks=1", "ms=600000")
    equal(farm.dtq("rm", "a").out, "a removed\n", "output")
    equal(farm.keys("job:a*"), [], "keys of the job")
    reply = farm.dtq("rm", "b", running, "a", "c", "--json", code=2)
    equal(reply.json["removed"], ["b", "c"], "removed")
    equal([(row["jobId"], row["code"]) for row in reply.json["errors"]],
          [(running, "exists"), ("a", "job_gone")], "refused")
    matches(f'job "{running}" is (submitted|running); cancel it first: dtq cancel {running}\n'
            '.*no job "a"', reply.err, "why")
    equal([row["jobId"] for row in farm.run("jobs")], [running], "jobs left")
    equal([event["job"] for event in farm.events("job_removed")], ["a", "b", "c"], "events")
    farm.dtq("cancel", running)
    equal(farm.run("rm", running), {"removed": [running], "errors": []}, "after the end")
    matches("job id", farm.dtq("rm", "x", "a b", code=2).err, "no id")
    equal(farm.keys("job:*"), [], "keys of jobs")


@test
def a_job_is_cancelled_before_any_master_saw_it(farm):
    farm.start_redis()
    job = farm.submit("sum", "1|4")
    equal(farm.run("cancel", job)["state"], "cancelled", "state")
    farm.nothing_left(job)
    farm.master()
    farm.worker()
    equal(farm.dtq("sum", "1|4").out, "10\n", "the next job")
    equal(farm.field(job, "state"), "cancelled", "the cancelled one")


@test
def a_waiting_producer_is_told_of_a_cancel(farm):
    farm.start(workers=1)
    waiting = farm.dtq_start("noop", "tasks=1", "ms=600000", "jobId=long", "--json")
    farm.wait_state("long", "running")
    farm.dtq("cancel", "long")
    equal(waiting.wait(20), 4, "exit status of the waiting producer")
    equal(one_json(waiting.out())["state"], "cancelled", "what it prints")


@test
def time_that_is_up_ends_the_wait_and_not_the_job(farm):
    farm.start(workers=1)
    reply = farm.dtq("noop", "tasks=1", "ms=1500", "jobId=slow", "--timeout", "0.3", code=4)
    matches(r"slow is (submitted|running) after 0.3 s; it goes on", reply.err, "the sentence")
    value = farm.run("wait", "slow", "--timeout", "0", code=4)
    equal(value["error"]["code"], "timeout", "the code of the error")
    matches(r"no result yet", farm.dtq("result", "slow", code=4).err, "result of a running job")
    equal(farm.run("wait", "slow")["state"], "completed", "in the end")


@test
def an_interrupted_producer_leaves_its_job_running(farm):
    farm.start(workers=1)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        job = f"stopped-by-{code}"
        waiting = farm.dtq_start("noop", "tasks=2", "ms=700", "jobId=" + job)
        farm.wait_state(job, "running")
        waiting.signal(number)
        equal(waiting.wait(20), code, "exit status")
        matches(rf"interrupted; job {job} goes on", waiting.log(), "the sentence")
        farm.completed(job)


@test
def without_redis_a_producer_says_where_it_tried(farm):
    for words in (("sum", "1|2"), ("jobs",), ("wait", "J1"), ("cancel", "J1"), ("workers",)):
        reply = farm.dtq(*words, code=3)
        check(farm.socket in reply.err, f"{words}: {reply.err!r} does not name {farm.socket}")
        equal(reply.out, "", "standard output")
    value = farm.run("sum", "1|2", code=3)
    check(farm.socket in value["error"]["message"], f"--json does not name the place: {value}")
    reply = farm.dtq("jobs", "--redis", "redis://127.0.0.1:1/3", code=3)
    matches(r"127\.0\.0\.1:1", reply.err, "a TCP server that is not there")


@test
def weights_go_from_job_to_job(farm):
    farm.start(workers=2)
    farm.run("train", DIGITS + "|epochs=5|jobId=whole")
    farm.run("train", DIGITS + "|epochs=2|jobId=part")
    value = farm.run("resume", "part", "epochs=3|jobId=rest")
    equal((value["jobId"], len(value["epochs"])), ("rest", 3), "the job that goes on")
    check(farm.weights("rest") == farm.weights("whole"), "2 and 3 epochs are not 5 to the bit")
    text = farm.dtq("weights", "part").out
    numbers = [float(cell) for cell in text.strip().split(",")]
    equal(len(numbers), 64, "weights of part")
    equal(farm.run("weights", "part")["weights"], numbers, "weights --json")
    with open(farm.path("part.csv"), "w", encoding="ascii") as to:
        to.write(text)
    for given in ("wFile=" + farm.path("part.csv"), "w=" + text.strip()):
        job = farm.run("train", DIGITS + "|epochs=3", given)["jobId"]
        check(farm.weights(job) == farm.weights("whole"), f"{given[:6]} does not go on from part")
    slower = farm.run("resume", "whole", "lr=0.01|epochs=1")
    check(slower["loss"] < farm.run("result", "part")["loss"], "resume with another lr goes on")
    matches(r"no weights|has no weights", farm.dtq("resume", farm.submit("sum", "1|2"),
                                                   code=2).err, "resume of a sum")
    matches(r"63 weights", farm.dtq("train", DIGITS + "|features=64",
                                    "w=" + ",".join(text.split(",")[1:]).strip(), code=2).err,
            "a weight too few")


@test
def a_job_without_weights_says_why_it_cannot_be_resumed(farm):
    farm.start(workers=1)
    job = farm.run("train", DIGITS.replace("digits", "absent"), code=1)["jobId"]
    matches(rf"job {job} has no weights to start from: it failed before its first epoch ended: "
            r".*absent\.csv.*; correct that and train again",
            farm.dtq("resume", job, "lr=0.5", code=2).err, "a resume of a failed job")
    farm.dtq("queue", "pause")
    job = farm.submit("train", DIGITS)
    matches(rf"job {job} is \w+ and has no weights yet; see dtq wait {job}",
            farm.dtq("resume", job, code=2).err, "a resume of one that has not begun")
    farm.dtq("cancel", job)
    matches("it was cancelled before its first epoch", farm.dtq("resume", job, code=2).err,
            "a resume of a cancelled job")
    farm.dtq("queue", "resume")
    farm.dtq("resume", job, "init=zeros", "--no-files")


@test
def what_has_no_json_says_so(farm):
    farm.start(workers=1)
    job = farm.run("train", DIGITS, "--no-files")["jobId"]
    matches("--format foo: expected one of json csv vw", farm.dtq("export", job, "--format", "foo",
                                                                  code=2).err, "a wrong format")
    matches("--json and --format csv",
            farm.run("export", job, "--format", "csv", code=2)["error"]["message"], "a format")
    equal(farm.run("export", job, "--format", "sklearn-json")["classes_"], [0, 1], "one that is JSON")
    equal(farm.run("chat", "good", "morning"), {"from": "producer", "text": "good morning"}, "chat")


@test
def events_tell_the_story_of_a_job(farm):
    farm.start(workers=1)
    farm.dtq("sum", "1|10", "jobId=told")
    mine = [event["event"] for event in farm.run("events") if event.get("jobId") == "told"]
    equal(mine, ["job_submitted", "job_running", "job_completed"], "events of the job")
    matches(r"(?m)job_completed .*job=told", farm.dtq("events").out, "events for a person")
    following = farm.dtq_start("events", "--follow", "--json")
    wait_for(lambda: "told" in following.out(), "what has happened so far")
    farm.dtq("sum", "1|10", "jobId=next")
    wait_for(lambda: '"jobId":"next"' in following.out(), "what happens now")
    following.signal(signal.SIGINT)
    equal(following.wait(20), 130, "exit status")
    for line in following.out().splitlines():
        one_json(line, "a line of events")


@test
def who_follows_the_events_too_slowly_is_told_what_is_gone(farm):
    farm.start_redis()
    farm.dtq("chat", "first")
    lines = [farm.spawn("events", [farm.program("dtq"), "events", "-f", *more])
             for more in ((), ("--json",))]
    for process in lines:
        wait_for(lambda p=process: "first" in p.out(), "the first event is shown")
        wait_for(lambda: farm.redis("CLIENT", "LIST").count(b" cmd=xread ") == 2, "both wait")
    for process in lines:
        process.signal(signal.SIGSTOP)
    for i in range(20):
        farm.redis("XADD", QUEUE + "events", "*", "event", "chat", "from", "me", "text", f"n{i}")
    farm.redis("XTRIM", QUEUE + "events", "MAXLEN", "=", "5")
    counts = b"entries-added" in farm.redis("XINFO", "STREAM", QUEUE + "events")
    for process in lines:
        process.signal(signal.SIGCONT)
        wait_for(lambda p=process: "n19" in p.out(), "what is left is shown")
        check("n14" not in process.out(), f"an event that is gone is shown: {process.out()}")
        matches("dtq: 15 events were trimmed before they could be shown" if counts else
                "dtq: some events may have been trimmed", process.log(), "the sentence")
    values = [one_json(line) for line in lines[1].out().splitlines()]
    gap = [value for value in values if value["event"] == "trimmed"]
    equal(gap, [{"event": "trimmed", "events": 15}] if counts else [{"event": "trimmed"}],
          "the gap among the lines of JSON")
    equal(values.index(gap[0]), 1, "its place is before what came after it")
    check("trimmed" not in farm.dtq("events").err, "who reads from the oldest on missed nothing")


@test
def output_that_nobody_reads_ends_a_command(farm):
    farm.start(workers=1)
    words = [farm.program("dtq"), "events", "--follow"]
    with subprocess.Popen(words, env=farm.env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        check(running.stdout.readline(), "a first event")
        running.stdout.close()
        farm.dtq("sum", "1|10")
        equal(running.wait(20 * SLOW), 1, "exit status")
        equal(running.stderr.read(), "", "its last words")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([farm.program("dtq"), "events"], env=farm.env, stdout=full, text=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    equal(done.returncode, 1, "exit status with a full disk")
    matches("standard output cannot be written", done.stderr, "the sentence")


@test
def a_bar_is_drawn_on_a_terminal_and_nowhere_else(farm):
    farm.start(workers=1)
    words = [farm.program("dtq"), "noop", "tasks=100", "ms=5", "--json"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, env=dict(farm.env, TERM="xterm"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        drawn = b""
        try:
            while piece := os.read(ours, 4096):
                drawn += piece
        except OSError:  # so Linux says that the other end is closed
            pass
        os.close(ours)
        equal(one_json(running.stdout.read())["state"], "completed", "standard output")
    check(drawn.count(b"\r") > 2 and b"100" in drawn, f"the bar is {drawn!r}")
    reply = farm.dtq("noop", "tasks=10", "ms=5", "--json")
    equal(reply.err, "", "standard error that is no terminal")


@test
def tables_fit_the_terminal_and_are_whole_in_a_pipe(farm):
    farm.start(workers=0)
    farm.worker("w10")
    farm.worker("w2")
    wait_for(lambda: farm.count("ZCARD", "workers") == 2, "workers register")
    ref = "file:" + "a-folder/" * 12 + "absent.csv"
    job = farm.dtq("train", f"model=logreg|dataRef={ref}", "--json", code=1).json["jobId"]
    job_2 = farm.dtq("stats", ref, "--json", code=1).json["jobId"]
    farm.run("sum", "1|100", "jobId=a-name-that-is-rather-long-for-a-job")
    farm.run("train", "model=logreg|task=binary_is_0|dataRef=file:digits.csv|hasHeader=true"
                      "|holdout=5|epochs=100|jobId=t", "--no-files")
    rows = farm.dtq("dead", "list", "--all").out.splitlines()
    matches(r"^TASK +GIVEN UP +ATTEMPTS +LOST +REASON$", rows[0], "head")
    equal(len(rows), 3, "lines")
    for name, row in ((job_2, rows[1]), (job, rows[2])):
        matches(rf"^{name}/0 +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ +1 +0 +bad_input: .*absent\.csv: .*", row,
                "a letter, whole in a pipe")
    for words in ((job,), (job + "/0",), ("all",)):
        matches(rf"task +{job}/0\n.*\nreason +bad_input: .*a-folder/absent\.csv.*\n",
                farm.dtq("dead", "show", *words).out, "the whole reason")
    matches("a-folder/absent.csv", farm.run("dead", "list", "--all")[0]["message"], "with --json")
    matches(rf"(?m)^{job} +train +failed .*absent\.csv: there is no such file", farm.dtq("jobs").out, "why")
    workers = re.findall(r"(?m)^worker +(\S+)", farm.dtq("workers").out)
    equal(workers, ["w2", "w10"], "workers in the order in which people count")
    equal([row["worker"] for row in farm.run("workers")["workers"]], workers, "with --json, too")
    shown = farm.dtq("result", "t").out
    matches(r"(?m)^20 of 100 epochs shown$", shown, "how many epochs")
    for columns in (60, 80, 200):
        for words in (("jobs",), ("workers",), ("dead", "--all"), ("result", "t"), ("stats", "file:digits.csv")):
            text = on_terminal(farm, columns, *words)
            plain = re.sub(r"\x1b\[[0-9;]*[mK]|.*\r(?!\n)|\r", "", text).split("\n")
            widest = max((line for line in plain if not line.startswith("dtq: ")), key=len)
            check(len(widest) <= columns, f"{words} in {columns} columns: {widest!r}")
            equal("\x1b[32m" in text, words[0] in ("jobs", "workers", "result"), f"{words}: green")
            check(words[0] != "dead" or "..." in text, f"a long reason is cut: {text}")
    check("\x1b" not in on_terminal(farm, 60, "jobs", env=dict(farm.env, NO_COLOR="1")), "NO_COLOR")
    check("\x1b" not in farm.dtq("jobs").out, "a pipe")


@test
def a_job_has_the_attempts_and_times_that_were_asked_for(farm):
    farm.start(workers=1)
    job = farm.submit("noop", "tasks=1", "fail=1", "--attempts", "2", "--backoff", "150ms")
    wait_for(lambda: farm.ended(job), f"{job} ends")
    letter = farm.run("dead", "show", job)[0]
    equal(letter["attempts"], 2, "attempts before it is given up")
    delays = [int(event["delayMs"]) for event in farm.events("task_retry")]
    equal(len(delays), 1, "retries")
    check(120 <= delays[0] <= 180, f"a backoff of 150 ms, a fifth either way, is {delays[0]}")
    job = farm.submit("noop", "tasks=1", "fail=1", "--attempts", "2", "--backoff", "1h")
    wait_for(lambda: len(farm.events("task_retry")) == 2, "the second one is delayed")
    delay = int(farm.events("task_retry")[1]["delayMs"])
    check(2880000 <= delay <= 4320000, f"a backoff of an hour is {delay} ms")
    farm.dtq("cancel", job)
    value = farm.run("noop", "tasks=1", "ms=60000", "--time-limit", "500ms", code=1)
    equal(value["error"]["code"], "timeout", "why a job with a time limit failed")
    matches("time limit", value["error"]["message"], "what it says")
    value = farm.run("noop", "tasks=1", "ms=60000", "--task-timeout", "300ms", "--attempts", "1",
                     code=1)
    equal(value["error"]["code"], "timeout", "why a job with a limit for tasks failed")
    matches("ran longer than its limit of 300 ms", value["error"]["message"], "what it says")
    job = farm.run("sum", "1|10", "--keep", "1500ms")["jobId"]
    check(0 < farm.count("PTTL", f"job:{job}") <= 1500, f"{job} is kept")
    wait_for(lambda: not farm.keys(f"job:{job}*"), f"{job} is forgotten")
    farm.dtq("job", job, code=2)


@test
def the_settings_of_a_job_are_shown(farm):
    farm.start_redis()
    job = farm.submit("sum", "1|10")
    equal(farm.run("job", job)["settings"],
          {"attempts": 5, "backoffMs": 2000, "keepMs": 604800000}, "the usual settings")
    matches(r"\nattempts   5, backoff 2s\nkept for   7d\n", farm.dtq("job", job).out, "as text")
    job = farm.submit("noop", "tasks=1", "--attempts=3", "--backoff", "1.5m", "--task-timeout",
                      "90", "--time-limit", "2h", "--keep", "500ms")
    equal(farm.run("job", job)["settings"],
          {"attempts": 3, "backoffMs": 90000, "taskTimeoutMs": 90000, "timeLimitMs": 7200000,
           "keepMs": 500}, "settings that were asked for")
    matches(r"\nattempts   3, backoff 90s, task timeout 90s\ntime limit 2h\nkept for   500ms\n",
            farm.dtq("job", job).out, "as text")
    for words in (("--attempts", "0"), ("--attempts", "1.5"), ("--backoff", "0"),
                  ("--backoff", "nan"), ("--keep", "1e99"), ("--time-limit", "soon"),
                  ("--task-timeout", "-1s")):
        matches(f"{words[0]} {words[1]}: .*expected", farm.dtq("sum", "1|2", *words, code=2).err,
                f"{words}")


@test
def queues_of_one_redis_do_not_meet(farm):
    farm.start(workers=1)
    other = ("--queue", "other.queue")
    matches('there is no queue "other.queue"; known: default', farm.dtq("jobs", *other, code=2).err,
            "before there is any")
    job = farm.dtq("sum", "1|10", "-d", *other).out.strip()
    equal(farm.dtq("sum", "1|3").out, "6\n", "a sum in the usual queue")
    equal(farm.dtq("job", job, "--json", *other).json["state"], "submitted", "the other queue's")
    farm.spawn("other-master", [farm.program("dtq-master"), *other])
    farm.spawn("other-worker", [farm.program("dtq-worker"), "w1", *other])
    equal(farm.dtq("wait", job, *other).out, "55\n", "once somebody serves it")
    equal(sorted(farm.redis("SMEMBERS", "dtq:queues")), [b"default", b"other.queue"], "queues")


@test
def who_only_looks_registers_nothing(farm):
    farm.start_redis()
    none = ("there is no queue \"typo\" yet; its first job, master or worker creates it",)
    looks = [("jobs",), ("job", "J1"), ("queue",), ("queue", "stats"), ("events",), ("workers",),
             ("dead",), ("dead", "show", "all"), ("fsck",), ("explain", "J1"), ("result", "J1"),
             ("wait", "J1"), ("weights", "J1"), ("export", "J1"), ("artifacts", "J1"),
             ("cancel", "J1"), ("resume", "J1"), ("predict", "J1", "x.csv"), ("queue", "pause"),
             ("queue", "drain"), ("queue", "resume"), ("dead", "replay", "all")]
    for words in looks:
        reply = farm.dtq(*words, "--queue", "typo", code=2)
        matches(none[0], reply.err, f"{words} in a queue that is not there")
    equal(farm.dtq("jobs").out, "no jobs in queue default\n", "the usual queue, before it is used")
    equal(farm.run("jobs"), [], "as JSON")
    for words in (("events",), ("workers",), ("queue",), ("fsck",), ("dead",)):
        farm.dtq(*words)
    for words in (("queue", "pause"), ("queue", "drain")):
        matches('no queue "default" yet', farm.dtq(*words, code=2).err, f"{words}, before it is used")
    for program in ("dtq-master", "dtq-worker"):
        done = subprocess.run([farm.program(program), "--health", "--queue", "typo"], env=farm.env,
                              capture_output=True, text=True, timeout=30 * SLOW, check=False)
        equal(done.returncode, 1, f"{program} --health")
    equal(farm.redis("KEYS", "*"), [], "keys of a Redis that was only looked at")
    farm.dtq("sum", "1|2", "-d", "--queue", "b")
    farm.dtq("chat", "hello", "--queue", "a")
    for words in looks:
        reply = farm.dtq(*words, "--queue", "typo", code=2)
        matches(r'there is no queue "typo"; known: a, b\n', reply.err, f"{words} beside others")
        matches('no queue "default"; known: a, b', farm.dtq(*words, code=2).err, "without a name")
    equal(sorted(farm.redis("SMEMBERS", "dtq:queues")), [b"a", b"b"], "queues")
    equal(farm.redis("GET", "dtq:version"), b"1", "the version of the data")
    farm.redis("SET", "dtq:version", "99")
    matches('version "99"', farm.dtq("jobs", "--queue", "a", code=1).err, "data of another version")


@test
def a_paused_or_drained_queue_says_what_opens_it(farm):
    farm.start(workers=1)
    equal(farm.dtq("queue", "pause").out, "queue default is paused: running tasks finish, no "
          "others start until dtq queue resume\n", "a pause")
    equal(farm.dtq("queue", "pause").out,
          "queue default is already paused; to end that: dtq queue resume\n", "another one")
    waiting = farm.dtq_start("sum", "1|100")
    wait_for(lambda: "J1 waits: queue default is paused; dtq queue resume lets it go on"
             in waiting.log(), "who waits is told of the pause")
    farm.dtq("queue", "resume")
    equal(waiting.wait(30 * SLOW), 0, "its exit status")
    equal(waiting.log().count("waits:"), 1, "how often it is told")
    # In the middle of a job, too.
    waiting = farm.dtq_start("noop", "tasks=2000", "ms=20", "jobId=middle")
    farm.wait_done("middle", 10)
    farm.dtq("queue", "pause")
    wait_for(lambda: "middle waits: queue default is paused" in waiting.log(), "told in the middle")
    drain = farm.dtq("queue", "drain", "--timeout", "0.2", code=4)
    matches(r"queue default is draining; waiting for 1 job to end\n.*1 job has not ended yet; the "
            r"queue goes on draining", drain.err, "a drain that takes longer")
    reply = farm.dtq("sum", "1|2", code=1)
    matches("is being drained and takes no new jobs until dtq queue resume --queue default",
            reply.err, "a job that is not taken")
    again = farm.dtq_start("queue", "drain")
    wait_for(lambda: "is being drained already; waiting for 1 job to end" in again.log(),
             "a second drain waits as well")
    farm.dtq("cancel", "middle")
    equal(again.wait(30 * SLOW), 0, "exit status of the drain")
    equal(again.out(), "queue default is empty, and takes no new jobs until dtq queue resume\n",
          "what the drain says at its end")
    equal(waiting.wait(30 * SLOW), 4, "exit status of who waits for a cancelled job")
    equal(farm.dtq("queue", "resume").out, "queue default works as usual again\n", "resume")
    farm.dtq("sum", "1|2", "-d", "--queue", "other")
    matches("until dtq queue resume --queue other\n",
            farm.dtq("queue", "pause", "--queue", "other").out, "another queue is named")


@test
def dead_letters_are_those_that_can_be_replayed(farm):
    farm.start(workers=1)
    typo = farm.run("train", DIGITS.replace("digits", "absent"), code=1)["jobId"]
    reply = farm.dtq("dead")
    equal(reply.out, "no dead letters\n", "after a typo")
    matches(r"1 task failed for a reason that a replay cannot fix.*dtq dead --all lists it", reply.err,
            "where the other one is")
    equal(farm.run("dead"), [], "as JSON")
    broken = farm.run("noop", "tasks=1", "fail=1", "--attempts", "1", code=1)["jobId"]
    equal([(row["jobId"], row["task"], row["replayable"]) for row in farm.run("dead", "list")],
          [(broken, 0, True)], "what can be replayed")
    equal(sorted((row["jobId"], row["replayable"]) for row in farm.run("dead", "--all")),
          sorted([(broken, True), (typo, False)]), "all")
    matches(rf"{typo}/0", farm.dtq("dead", "show", typo).out, "one that cannot, asked for")
    matches("cannot go on", farm.dtq("dead", "replay", typo, code=2).err, "nor be replayed")
    equal(farm.dtq("dead", "replay", "all").out, f"{broken}/0 goes on\n", "all that can be")
    farm.wait_state(broken, "failed")
    wait_for(lambda: farm.run("dead"), "it failed once more")
    farm.dtq("dead", "drop", "all")
    equal(farm.run("dead", "--all"), [], "after all were dropped")


@test
def all_queues_are_listed_with_what_they_hold(farm):
    farm.start_redis()
    matches("no queues yet", farm.dtq("queues").out, "before there is any")
    equal(farm.run("queues"), [], "as JSON")
    farm.submit("noop", "tasks=3", "--queue", "other")
    farm.dtq("queue", "pause", "--queue", "other")
    farm.master()
    farm.worker()
    job = farm.submit("noop", "tasks=2", "fail=1", "--backoff", "1h")
    wait_for(lambda: farm.count("ZCARD", "delayed") == 2, "both tasks failed")
    rows = {row.pop("queue"): row for row in farm.run("queues", "--queue", "typo")}
    equal(sorted(rows), ["default", "other"], "queues")
    row = {name: rows["default"][name] for name in
           ("jobs", "waiting", "running", "ready", "delayed", "workers", "masters", "paused")}
    equal(row, {"jobs": 1, "waiting": 0, "running": 1, "ready": 0, "delayed": 2, "workers": 1,
                "masters": 1, "paused": False}, "the queue at work")
    row = {name: rows["other"][name] for name in
           ("jobs", "waiting", "running", "parked", "workers", "masters", "paused", "draining")}
    equal(row, {"jobs": 1, "waiting": 1, "running": 0, "parked": 3, "workers": 0, "masters": 0,
                "paused": True, "draining": False}, "the paused one")
    text = farm.dtq("queues").out
    matches(r"(?m)^other +1 +0 +3 +0 +0 +0 +0 +paused$", text, "as a table")
    matches(r"(?m)^default +0 +1 +0 +2 +0 +1 +1$", text, "as a table")
    rows = farm.run("retries")
    equal(sorted(row["task"] for row in rows), [0, 1], "what waits for a retry")
    for row in rows:
        equal((row["jobId"], row["attempts"], row["maxAttempts"]), (job, 1, 5), "its attempts")
        check(2.8e6 < row["dueInMs"] <= 4.4e6, f"due in an hour: {row}")
        matches("fail=1", row["message"], "its last error")
    matches(rf"{job}/[01] +\d+:\d\d:?\d* +1 of 5  task . fails", farm.dtq("retries").out, "as text")
    farm.redis("DEL", QUEUE + "events")
    check("message" not in farm.run("retries")[0], "an error that the events no longer tell")
    equal(len(farm.run("retries", "-n", "1")), 1, "as many as asked for")
    farm.dtq("cancel", job)


@test
def jobs_of_a_state_type_or_producer_are_listed(farm):
    farm.start(workers=1)
    good = [farm.run("sum", "1|2", "--producer", name)["jobId"] for name in ("ann", "bob", "ann")]
    bad = farm.run("noop", "tasks=1", "fail=1", "--attempts", "1", code=1)["jobId"]
    farm.dtq("queue", "pause")
    waits = farm.submit("noop", "tasks=1")
    wait_for(lambda: farm.field(waits, "state") == "running", "a master has it")

    def listed(*words):
        text = farm.dtq("jobs", *words).out
        ids = [row["jobId"] for row in farm.run("jobs", *words)]
        equal([line.split()[0] for line in text.splitlines()[1:]], ids, f"jobs {words} as a table")
        return ids
    equal(listed("--state", "failed"), [bad], "failed jobs")
    equal(listed("--state", "running"), [waits], "running jobs")
    equal(listed("--state", "completed"), good[::-1], "completed jobs")
    equal(listed("--state", "completed", "-n", "2"), good[:0:-1], "two completed jobs")
    equal(listed("--type", "sum", "-n", "1"), good[2:], "one sum, though others are newer")
    equal(listed("--type", "noop"), [waits, bad], "load tests")
    equal(listed("--producer", "ann"), [good[2], good[0]], "jobs of a producer")
    equal(listed("-p", "ann", "--type", "sum", "--state", "completed"), [good[2], good[0]], "all")
    equal(farm.dtq("jobs", "--state", "cancelled").out, "no such jobs in queue default\n", "none")
    equal(len(farm.dtq("1", "jobs", "--json").json), 5,
          "the jobs that producer 1 sees")
    for words, sentence in ((("--state", "runing"), "--state runing: expected submitted, running, "),
                            (("--type", "sun"), "--type sun: expected sum, sumsq, train"),
                            (("--producer", "a b"), "a b")):
        matches(sentence, farm.dtq("jobs", *words, code=2).err, f"{words}")
    farm.dtq("queue", "resume")
    farm.completed(waits)


@test
def every_word_for_redis_is_understood(farm):
    farm.start_redis("--requirepass", "pa:ss/w@rd")
    for where in (f"unix://:pa%3Ass%2Fw%40rd@{farm.socket}",
                  f"unix://default:pa%3Ass%2Fw%40rd@{farm.socket}?db=3"):
        env = dict(farm.env, DTQ_REDIS_URL=where)
        farm.dtq("sum", "1|2", "jobId=one", "-d", env=env)
        equal(len(farm.dtq("jobs", "--json", env=env).json), 1, f"jobs at {where}")
    with open(farm.path("secret"), "w", encoding="ascii") as to:
        to.write("pa:ss/w@rd\n")
    env = dict(farm.env, DTQ_REDIS_PASSWORD_FILE=farm.path("secret"))
    equal(farm.dtq("jobs", "--json", env=env).json[0]["jobId"], "one", "a password in a file")
    del env["DTQ_REDIS_URL"]
    env["REDIS_URL"] = farm.url
    equal(farm.dtq("jobs", "--json", env=env).json[0]["jobId"], "one", "REDIS_URL")
    env["REDIS_URL"] = "unix:///nowhere"
    equal(len(farm.dtq("jobs", "--json", "--redis", farm.url, env=env).json), 1, "--redis wins")
    farm.dtq("sum", "1|2", "-d", "--queue", "other", "--redis", farm.url, env=env)
    equal([row["jobId"] for row in farm.dtq("jobs", "--json", "--queue", "other", "--redis",
                                            farm.url, env=env).json], ["J1"],
          "another queue has jobs of its own")
