"""What every program tells of itself, and how masters and workers come and go."""
import re
import signal
import subprocess

from dtqtest import SLOW, check, equal, matches, test, wait_for

COMMANDS = ("sum sumsq train resume noop jobs job wait result weights cancel workers events up "
            "demo").split()


def run(farm, program, *words):
    return subprocess.run([farm.program(program), *words], env=farm.env, capture_output=True,
                          text=True, timeout=60, check=False, cwd=farm.folder)


@test
def every_program_tells_its_usage_and_version(farm):
    versions = set()
    for program in ("dtq", "dtq-producer", "dtq-master", "dtq-worker"):
        done = run(farm, program, "--help")
        equal((done.returncode, done.stderr), (0, ""), f"{program} --help")
        for word in ("usage:", program, "--redis", "--queue", "--json", "--help", "--version"):
            check(word in done.stdout, f"{program} --help does not name {word}")
        done = run(farm, program, "--version")
        equal((done.returncode, done.stderr), (0, ""), f"{program} --version")
        found = re.fullmatch(rf"{program} (\d+\.\d+\.\d+)\n", done.stdout)
        check(found, f"{program} --version prints {done.stdout!r}")
        versions.add(found[1])
    equal(len(versions), 1, f"versions of the programs ({versions})")
    for command in ("up", "demo", "speedup"):
        text = run(farm, "dtq", command, "--help").stdout
        check("--redis" not in text, f"{command} --help names --redis, which it refuses")
        check("--queue" in text, f"{command} --help names no --queue")
        done = run(farm, "dtq", command, "--redis", "unix:///x", *(["model=logreg"] * (command == "speedup")))
        equal(done.returncode, 2, f"{command} --redis")
        matches("takes no --redis", done.stderr, "the sentence")


@test
def help_lists_every_command_and_each_has_its_own(farm):
    text = run(farm, "dtq", "--help").stdout
    for command in COMMANDS:
        matches(rf"(?m)^  {command}\b", text, "dtq --help")
        done = run(farm, "dtq", command, "--help")
        equal(done.returncode, 0, f"exit status of dtq {command} --help")
        matches(rf"(?m)^usage: dtq {command}\b", done.stdout, f"dtq {command} --help")
    train = run(farm, "dtq", "train", "--help").stdout
    for field, default in (("epochs", "1"), ("batchSize", "128"), ("lr", "0.1"), ("mode", "sync"),
                           ("csvLabel", "first"), ("init", "zeros")):
        matches(rf"(?m)^ +{field} .*(\n {{16}}.*)*\bdefault\s+{default}$", train,
                "dtq train --help")
    resume = run(farm, "dtq", "resume", "--help").stdout
    check("required" not in resume and "default 0.1" not in resume, "what a resume is given")
    for words in (("dtq",), ("dtq", "train"), ("dtq", "speedup"), ("dtq-master",), ("dtq-worker",)):
        for line in run(farm, *words, "--help").stdout.splitlines():
            check(len(line) <= 90, f"a line of {len(line)} columns in {words} --help: {line}")


@test
def programs_refuse_what_they_do_not_understand(farm):
    for words, sentence in (
            (("dtq", "smu", "1|2"), r'unknown command "smu"; did you mean "sum"'),
            (("dtq", "pause", "queue"), r'"pause"; did you mean "queue pause"'),
            (("dtq", "submit", "sum", "1", "2"), r'"submit"; did you mean "sum", "train"'),
            (("dtq", "replay", "dead"), r'"replay"; did you mean "dead replay ID"'),
            (("dtq", "stop", "workers"), r'"stop"; did you mean "cancel ID"'),
            (("dtq", "status"), r'"status"; did you mean "queue", "workers" or "jobs"'),
            (("dtq", "ann", "sum", "1", "2"), r'"ann".*--producer NAME'),
            (("dtq-producer", "ann"), r'"ann".*--producer NAME'),
            (("dtq", "1", "submit", "sum", "1", "2"), r'unknown command "submit"'),
            (("dtq", "1", "-p", "2", "sum", "1|2"), r"producer 1 and --producer 2"),
            (("dtq", "-p", "a b", "sum", "1|2"), r"producer id.*a b"),
            (("dtq", "exit"), r'"exit" leaves a console'),
            (("dtq", "jobs", "--dir", "x"), r"jobs takes no --dir; it is for .*train, .*plot"),
            (("dtq", "--dir", "x", "jobs"), r"jobs takes no --dir"),
            (("dtq", "wait", "J1", "-d"), r"wait takes no --detach; it is for sum"),
            (("dtq", "--most", "3"), r"a console takes no --most; it is for jobs"),
            (("dtq", "sum"), r"sum needs more words"),
            (("dtq", "jobs", "all"), r'"all" is one word too many'),
            (("dtq", "jobs", "--jsno"), r"--jsno.*--json"),
            (("dtq-master", "now"), r'"now" is not understood'),
            (("dtq-master", "--id", "a b"), r"a b"),
            (("dtq-worker", "w1", "0"), r'SLOTS is "0"; expected a whole number from 1'),
            (("dtq-worker", "w1", "x"), r'SLOTS is "x"'),
            (("dtq-worker", "w1", "1", "soon"), r'TIMEOUT_MS is "soon"'),
            (("dtq-worker", "a/b"), r"a/b"),
            (("dtq-worker", "--data-dir", "/nowhere/at/all"), r"/nowhere/at/all: No such file"),
            (("dtq-worker", "--redis", "http://x"), r"none of the schemes"),
            (("dtq-master", "--queue", "a{b}"), r"a\{b\}")):
        done = run(farm, *words)
        equal((done.returncode, done.stdout), (2, ""), f"exit status and output of {words}")
        matches(sentence, done.stderr, f"what {words} says")


@test
def a_producer_is_a_number_in_front_or_an_option(farm):
    farm.start_redis()
    for words, job in ((("1", "sum", "1|2"), "J1"), (("sum", "1|2", "-p", "ann"), "Jann"),
                       (("--producer=bob", "sum", "1|2"), "Jbob"),
                       (("7", "--producer", "7", "sum", "1|2"), "J7")):
        given = farm.submit(*words)
        check(given.startswith(job), f"{words} submits {given}")
        equal(farm.field(given, "producer"), job[1:], f"producer of {given}")
    done = subprocess.run([farm.program("dtq"), "2"], env=farm.env, input="sum 1 2 -d\n",
                          capture_output=True, text=True, timeout=60, check=False,
                          cwd=farm.folder)
    equal((done.returncode, done.stderr), (0, ""), "commands of a file for a producer")
    equal(farm.field(done.stdout.strip(), "producer"), "2", "its producer")
    before = farm.keys("job:*")
    for words in (("submit", "sum", "1", "2"), ("pause", "sum", "1|2"), ("smu", "1|2")):
        farm.dtq(*words, code=2)
        done = subprocess.run([farm.program("dtq")], env=farm.env, input=" ".join(words) + "\n",
                              capture_output=True, text=True, timeout=60, check=False,
                              cwd=farm.folder)
        equal((done.returncode, done.stdout), (2, ""), f"{words} in a file")
        matches(f'line 1: unknown command "{words[0]}"', done.stderr, f"{words} in a file")
    equal(farm.keys("job:*"), before, "jobs after words that are no commands")


@test
def closed_standard_streams_are_no_trap(farm):
    """Their numbers must not go to what is opened first."""
    farm.start_redis()
    for program in ("dtq-master", "dtq-worker"):
        farm.spawn(program, ["/bin/sh", "-c", 'exec "$0" <&- >&- 2>&-', farm.program(program)])
    equal(farm.dtq("sum", "1|100").out, "5050\n", "a sum of those without streams")
    for shell, code, out in (('exec "$0" sum 1 10 <&-', 0, "55\n"), ('exec "$0" <&- | head -1', 0, None),
                             ('exec "$0" sum 1 10 2>&-', 0, "55\n"),
                             ('exec "$0" sum 1 10 >&-', 1, "")):
        done = subprocess.run(["/bin/sh", "-c", shell, farm.program("dtq")], env=farm.env,
                              capture_output=True, text=True, timeout=20 * SLOW, check=False,
                              cwd=farm.folder)
        equal(done.returncode, code, f"exit status of {shell} ({done.stderr})")
        check(out is None or done.stdout == out, f"{shell}: {done.stdout!r}")


@test
def masters_and_workers_wait_for_a_redis_that_comes_later(farm):
    early = [farm.master(), farm.worker()]
    for process in early:
        wait_for(lambda p=process: farm.socket in p.log(), f"{process.name} says where it tries")
        matches(r"trying again", process.log(), f"{process.name}'s log")
    farm.start_redis()
    equal(farm.dtq("sum", "1|100").out, "5050\n", "a sum")
    equal([p.alive for p in early], [True, True], "they are the same processes")


@test
def a_master_logs_how_jobs_end(farm):
    farm.start(workers=1)
    log = farm.masters["m1"].log
    job = farm.submit("noop", "tasks=3")
    wait_for(lambda: re.search(rf"complete {job} \(noop\), 3 tasks in \d+ ms\n", log()), "its end")
    job = farm.submit("noop", "tasks=1", "fail=1", "--attempts", "1")
    wait_for(lambda: re.search(rf"job {job} failed: gave up after 1 attempts: task 0", log()),
             "the failure")
    check(f"complete {job}" not in log(), "a failed job is not told as completed")
    job = farm.submit("noop", "tasks=1", "ms=600000")
    farm.wait_state(job, "running")
    farm.dtq("cancel", job)
    wait_for(lambda: f"drop {job}: it was cancelled" in log(), "the cancel")


@test
def a_master_warns_of_a_redis_that_evicts(farm):
    farm.start_redis()
    warning = "has maxmemory-policy allkeys-lru: when its memory is full it drops keys"
    for policy, warned in (("noeviction", False), ("allkeys-lru", True)):
        farm.redis("CONFIG", "SET", "maxmemory-policy", policy)
        master = farm.master(f"m-{policy}")
        wait_for(lambda m=master: "serving queue" in m.log(), "it serves")
        equal(farm.dtq_start("workers").wait(20 * SLOW), 0, "Redis answers")
        if warned:
            wait_for(lambda m=master: warning in m.log(), "it warns")
        farm.submit("noop", "tasks=1")
        wait_for(lambda m=master: "adopt " in m.log(), "it is at work")
        equal(warning in master.log(), warned, f"a warning with {policy}")
        master.signal(signal.SIGTERM)
        equal(master.wait(20 * SLOW), 0, "exit status")
    farm.redis("ACL", "SETUSER", "default", "-info")
    master = farm.master("m-forbidden")
    farm.worker()
    for _ in range(3):  # by then it has wanted to look
        farm.run("noop", "tasks=1")
    check("maxmemory" not in master.log() and "NOPERM" not in master.log(),
          f"one that may not look serves all the same, and says nothing: {master.log()}")


@test
def the_rights_that_the_manual_asks_for_are_enough(farm):
    farm.start_redis()
    farm.redis("ACL", "SETUSER", "dtq", "on", ">secret", "resetchannels", "~dtq:*", "+@read",
               "+@write", "+@scripting", "+@blocking", "+@connection", "+@transaction", "+time")
    farm.url = f"unix://dtq:secret@{farm.socket}"
    farm.env["DTQ_REDIS_URL"] = farm.url
    master = farm.master()
    farm.worker()
    equal(farm.dtq("sum", "1|100").out, "5050\n", "a sum")
    farm.dtq("noop", "tasks=200")
    for words in (("queues",), ("queue",), ("retries",), ("jobs",), ("workers",), ("events",),
                  ("dead",), ("fsck",), ("explain", "J1"), ("queue", "pause"), ("queue", "resume")):
        farm.dtq(*words)
    check("trying again" not in master.log(), f"the master serves: {master.log()}")


@test
def a_stopped_worker_hands_back_what_it_holds(farm):
    farm.start(workers=1, slots=2)
    job = farm.submit("noop", "tasks=800", "ms=2")
    farm.wait_done(job, 50)
    farm.workers["w1"].signal(signal.SIGTERM)
    equal(farm.workers["w1"].wait(20), 0, "exit status of the stopped worker")
    farm.still_running(job, "its only worker has stopped")
    equal([key for key in farm.keys() if key.startswith("held:") or key == "leases"], [],
          "what it held")
    farm.worker("w2", 2)
    value = farm.completed(job)
    equal((value["tasks"]["total"], value["tasks"]["reclaimed"], value["tasks"]["retried"]),
          (800, 0, 0), "handing back is no loss and no failure")
    equal(len(farm.events("worker_gone")), 1, "events of a worker gone")


@test
def a_stopped_worker_hands_back_a_task_that_outlasts_its_grace(farm):
    farm.start(workers=0)
    job = farm.submit("noop", "tasks=2", "ms=600000")
    worker = farm.worker("w1", 2, options=("--grace", "0.5"))
    wait_for(lambda: farm.count("ZCARD", "leases") == 2, "both slots are at work")
    worker.signal(signal.SIGTERM)
    equal(worker.wait(10 * SLOW), 0, "exit status of the stopped worker")
    farm.still_running(job, "its only worker has stopped")
    equal((farm.count("LLEN", "ready"), farm.number(job, "reclaimed")), (2, 0),
          "tasks ready again, and tasks counted as lost")
    worker = farm.worker("w1", 2)
    wait_for(lambda: farm.count("ZCARD", "leases") == 2, "both slots are at work again")
    worker.signal(signal.SIGTERM)
    worker.signal(signal.SIGINT)
    equal(worker.wait(5 * SLOW), 0, "exit status of a worker told twice")
    equal(farm.count("LLEN", "ready"), 2, "tasks ready again")
    farm.dtq("cancel", job)


@test
def a_stopped_worker_keeps_its_lease_until_its_task_is_done(farm):
    farm.start(workers=1, lease_ms=600)
    job = farm.submit("noop", "tasks=1", "ms=2500")
    wait_for(lambda: farm.count("ZCARD", "leases") == 1, "the worker is at work")
    farm.workers["w1"].signal(signal.SIGTERM)
    value = farm.completed(job)
    equal((value["tasks"]["done"], value["tasks"]["reclaimed"]), (1, 0),
          "tasks done, and tasks claimed again")
    equal(farm.workers["w1"].wait(10 * SLOW), 0, "exit status of the stopped worker")


@test
def the_second_living_worker_of_an_id_leaves_with_a_sentence(farm):
    farm.start(workers=1, lease_ms=800)
    first = farm.workers["w1"]
    second = farm.worker("w1", lease_ms=800)
    equal(second.wait(30), 2, "exit status of the second worker")
    matches(rf"worker id w1 is in use by process {first.pid} on \S+; choose another id",
            second.log(), "its last words")
    check(first.alive, "the first worker goes on")
    equal(farm.dtq("sum", "1|4").out, "10\n", "a sum by the first one")


@test
def a_worker_restarted_under_its_id_takes_over_at_once(farm):
    farm.start(workers=1, slots=2, lease_ms=60000)
    job = farm.submit("noop", "tasks=2", "ms=300")
    wait_for(lambda: farm.count("ZCARD", "leases") == 2, "both slots are at work")
    farm.workers["w1"].kill()
    farm.worker("w1", 2, 60000)
    value = farm.completed(job, 15)  # much less than the lease
    equal(value["tasks"]["reclaimed"], 2, "tasks claimed again")
    equal(farm.events("reclaimed")[0]["reason"], "restarted", "why they were")


@test
def a_health_question_is_answered_by_the_exit_status(farm):
    farm.start(workers=1, lease_ms=800)
    def ask(program, *words):
        return run(farm, program, *words, "--health").returncode
    equal([ask("dtq-worker", "w1"), ask("dtq-worker"), ask("dtq-master"),
           ask("dtq-master", "--id", "m1")], [0, 0, 0, 0], "of those who live")
    equal([ask("dtq-worker", "w9"), ask("dtq-master", "--id", "m9")], [1, 1], "of others")
    farm.workers["w1"].kill()
    wait_for(lambda: ask("dtq-worker", "w1") == 1, "the dead worker is found out")
