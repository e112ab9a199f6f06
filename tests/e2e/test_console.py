"""The consoles, on a terminal: every command, completion, and all that may come between."""
import contextlib
import os
import re
import signal
import subprocess
import termios

from dtqtest import DATA, SLOW, TOP, check, equal, matches, test, wait_for
from terminal import Terminal

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"


@contextlib.contextmanager
def producer(farm, name, **settings):
    """A producer's console, with its prompt there and, when Redis is, following the events."""
    terminal = Terminal(farm, [farm.program("dtq-producer"), name], **settings)
    try:
        terminal.wait(r"dtq.*> $")
        if farm.server:
            wait_for(lambda: farm.redis("ZSCORE", "dtq:{default}:consoles", name),
                     "the console is known to the queue")
        yield terminal
    finally:
        terminal.kill()


@contextlib.contextmanager
def member(farm, *words):
    terminal = Terminal(farm, list(words))
    try:
        terminal.wait(r"(at work|serving).*\n(.*\n)*(master|worker) \S+> $")
        yield terminal
    finally:
        terminal.kill()


def clear(terminal):
    """Ctrl-C, and until there is a new line."""
    since = terminal.here()
    terminal.type("\x03")
    terminal.wait(r"\^C\ndtq 1> $", since)


def leave(terminal):
    terminal.type("exit\r")
    equal(terminal.end(), 0, "exit status")
    equal(terminal.modes(), (True, True), "echo and line mode of the terminal left behind")


@test
def every_command_of_the_producer_answers(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("help", r"sumsq +exact(.*\n)*  exit  (.*\n)*help COMMAND has")
        t.line("help train", r"batchSize")
        t.line("sum 1|100", r"J1-1 completed: .*result 5050\n")
        t.line("sumsq 1 10", r"J1-2 completed: .*result 385\n")
        t.line(f"train {DIGITS}|epochs=3",
               r"J1-3 epoch 1 .*\n(.*\n)*J1-3 epoch 2 .*\n(.*\n)*J1-3 epoch 3 .*\n(.*\n)*"
               r"J1-3 completed: .*accuracy 0\.9")
        t.line("resume J1-3 lr=0.01|epochs=2", r"J1-4 epoch 2 .*\n(.*\n)*J1-4 completed")
        t.line("jobs", r"J1-4 +train +completed")
        t.line("job J1-3", r"report\n(.*\n)*.*epochsDone=3")
        t.line("result %", r"J1-4 completed")
        t.line("weights J1-3", r"\n[^,\s]+(,[^,\s]+){63}\n")
        t.line("noop tasks=2|ms=600000", r"J1-5 submitted")
        t.line("cancel %", r"J1-5 cancelled\n")
        t.wait(r"J1-5 cancelled: ")
        t.line("workers", r"worker +w1 ")
        t.line("chat it's late", r"\[producer 1\] it's late\n")
        t.line("plot J1-3", r"logs/J1-3_curves\.png")
        t.line("events", r"job_completed job=J1-1")
        t.line("predict J1-3 file:digits.csv rows=2", r"J1-6 completed: .*; see predict J1-6\n")
        t.line("predict J1-6", r"row,score,label\n1,")
        t.line("stats file:digits.csv", r"J1-7 completed: .*; see result J1-7\n")
        t.line("result %", r"\nlabel +1,?797 ")
        t.line(f"train {DIGITS.replace('digits', 'absent')}", r"J1-8 failed: absent\.csv")
        leave(t)
    equal([e["text"] for e in farm.events("chat")], ["it's late"], "chat in the stream")
    for name in ("logs/J1-3_epochs.csv", "weights_J1-3.csv", "weights_J1-3.png"):
        wait_for(lambda n=name: os.path.exists(farm.path(n)), f"{name} is written")


@test
def a_console_knows_queues_options_and_natural_words_as_a_shell_does(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("status", r'unknown command "status"; did you mean "queue", "workers" or "jobs"')
        t.line("pause", r'did you mean "queue pause"')
        t.line("submit sum 1 2", r'did you mean "sum", "train" or "noop"')
        t.line("ann sum 1 2", r'unknown command "ann"; help lists the commands')
        t.line("exit now", r"exit takes no arguments")
        t.line("jobs --dir x", r"jobs takes no --dir; it is for .*train")
        t.line("sum 1 2 --attempts 0", r"--attempts 0: ")
        t.line("noop tasks=1 fail=1 jobId=bad --attempts 2 --backoff 1h", r"bad submitted\n")
        wait_for(lambda: farm.count("ZCARD", "delayed"), "it waits for its retry")
        t.line("retries", r"bad/0 +\S+ +1 of 2 +task 0 fails")
        t.line("queues", r"default +0 +1 +0 +1 +0 +1 +1")
        t.line("jobs --state running", r"\nbad +noop +running")
        t.line("jobs --state completed", r"no such jobs in queue default\n")
        t.line("job bad", r"attempts +2, backoff 1h\n")
        t.line("jobs --queue typo", r'there is no queue "typo"; known: default\n')
        t.line("queue pause", r"queue default is paused: ")
        t.line("queue resume", r"queue default works as usual again\n")
        t.line("sum 1 3 -p ann -d", r"Jann\S+ submitted\n")
        t.line("dead", r"no dead letters\n")
        leave(t)
    farm.dtq("cancel", "bad")
    code, out, err = run_file(farm, "jobs --queue typo\n", "-k")
    equal((code, out), (2, ""), "a file of commands")
    matches(r'line 1: there is no queue "typo"; known: default', err, "what it says")
    code, out, err = run_file(farm, "noop tasks=1 ms=60000\n", "--time-limit", "300ms")
    equal((code, out), (1, ""), "an option before a file is for each of its lines")
    matches("time limit", err, "how its job ended")


@test
def fields_may_be_divided_by_bars_with_blanks_or_without(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("sum 1 | 100", r"J1-1 completed: .*result 5050\n")
        t.line(f"train {DIGITS.replace('|', ' | ')}", r"J1-2 completed: .*accuracy 0\.\d")
        t.line("resume J1-2|lr=0.01|epochs=2", r"J1-3 epoch 2 .*\n(.*\n)*J1-3 completed")
        t.line("resume %|epochs=2|jobId=on", r"on epoch 2 .*\n(.*\n)*on completed")
        leave(t)
    equal(farm.dtq("resume", "on|jobId=further|epochs=3", "--json").json["epochsDone"], 3, "epochs")
    matches(r'there is no job "J99"', farm.dtq("resume", "J99|lr=1", code=2).err, "the sentence")


@test
def a_bad_line_is_answered_with_what_and_where(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.resize(60)
        t.line("train model=logreg dataRef=file:digits.csv task=binary_is_zero epohcs=3 lr=0.1 seed=1",
               r'"epohcs"; did you mean "epochs"\?\n +\S.{0,60} epohcs=3 .{0,60}\n +\^~~~~~\n')
        at, mark = t.text.splitlines()[-3:-1]
        check(len(at) <= 60 and at[mark.index("^"):].startswith("epohcs="), f"{at!r}\n{mark!r}")
        t.resize(100)
        t.line("trian x=1", r'unknown command "trian"; did you mean "train"\?\n +trian x=1\n +\^~~~~')
        t.line("train epohcs=3", r'"epohcs"; did you mean "epochs"\?\n.*train epohcs=3\n +\^~~~~~\n')
        t.line("sum", r"sum needs more words")
        t.line("chat", r"chat needs more words")
        t.line("jobs 'all", r"the ' in column 6 is not closed")
        t.line("jobs all", r'"all" is one word too many')
        t.line("job %", r"there is none yet")
        t.line("job J99", r'there is no job "J99"')
        t.line("sum 1 4", r"J1-1 completed.*result 10")
        leave(t)


@test
def words_are_completed(farm):
    farm.start(workers=1)
    farm.dtq("1", "sum", "1|2", "jobId=former")
    with producer(farm, "1") as t:
        t.line("", r"dtq 1> $")
        t.type("tra\t")
        t.wait(r"dtq 1> train $")
        t.type("mode\t")
        t.wait(r"dtq 1> train mode$")
        t.type("\t")
        t.wait(r"\nmode= +model=\n(.*\n)*dtq 1> train mode$")
        t.type("l=\t")
        t.wait(r"\n.*model=linreg.*model=logreg.*\n(.*\n)*dtq 1> train model=$")
        t.type("lo\t")
        t.wait(r"dtq 1> train model=logreg $")
        t.type("data\t")
        t.wait(r"dtq 1> train model=logreg dataRef=$")
        t.type("file:brea\t")
        t.wait(r"dtq 1> train model=logreg dataRef=file:breast_cancer\.csv $")
        t.type("\x7f|testRef=digi\t")
        t.wait(r"dataRef=file:breast_cancer\.csv\|testRef=digits\.csv $")
        t.type("\x7f|task=b\t")
        t.wait(r"testRef=digits\.csv\|task=binary_is_$")
        t.type("zero|normalize=\t")
        t.wait(r"\nnormalize=minmax +normalize=none +normalize=standard\n")
        for typed, shown in (("result for\t", "result former "), ("jobs --js\t", "jobs --json "),
                             ("help su\t", "help sum"), ("exi\t", "exit "),
                            ("queue pau\t", "queue pause "), ("dead sh\t", "dead show "),
                             ("result nobo\t", "result nobo"), ("resume for\t", "resume former "),
                             ("resume former|batchS\t", r"resume former\|batchSize="),
                             ("resume former|lr=1|mode=as\t", r"resume former\|lr=1\|mode=async "),
                             ("train task=m\t", "train task=multiclass "),
                             ("predict former ro\t", "predict former rows="),
                             ("predict former dig\t", r"predict former digits\.csv "),
                             ("stats digi\t", r"stats digits\.csv "),
                             ("up --re\t", "up --re")):
            clear(t)
            t.type(typed)
            t.wait(rf"dtq 1> {shown}$", t.here())
        clear(t)
        t.type("w\t")
        t.wait(r"\nwait +weights +workers\ndtq 1> w$")
        clear(t)
        t.line("result former", r"\n3\n")
        leave(t)


@test
def output_that_arrives_leaves_the_typed_line_whole(farm):
    farm.start(workers=1)
    with producer(farm, "1", columns=40) as t:
        half = "sum 1 " + "0" * 60 + "7"
        t.type(half)
        t.wait(rf"dtq 1> {half}$")
        for i in range(20):
            farm.dtq("9", "chat", f"word number {i}")
        t.wait(rf"\[producer 9\] word number 19\ndtq 1> {half}$")
        equal(t.text.count(half), 1, "how often the typed line stands on the screen")
        since = t.here()
        t.type("0\r")
        t.wait(r"J1-1 completed.*result 2485\n", since)
        matches("".join(rf"\[producer 9\] word number {i}\n" for i in range(20)), t.text,
                "the lines that came in")
        leave(t)


@test
def ctrl_c_clears_the_line_and_ctrl_d_leaves(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.type("sum 1 10")
        t.wait(r"sum 1 10$")
        t.type("\x03")
        t.wait(r"sum 1 10\^C\ndtq 1> $")
        t.type("\x03")
        t.wait(r"Type exit, or press Ctrl-D, to leave\.\ndtq 1> $")
        t.line("sum 1 3", r"J1-1 completed.*result 6")
        t.wait(r"dtq 1> $")
        t.type("x\x04y")  # not on an empty line: there is nothing to delete behind it
        t.wait(r"dtq 1> xy$")
        t.type("\x03")
        t.wait(r"\^C\ndtq 1> $")
        t.type("\x04")
        equal(t.end(), 0, "exit status after Ctrl-D")
        equal(t.modes(), (True, True), "the terminal left behind")
    equal(farm.redis("HGET", "dtq:{default}:producers", "1"), b"1", "jobs that were submitted")


@test
def ctrl_c_ends_a_wait_and_not_the_console(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("noop tasks=1|ms=600000", r"J1-1 submitted\n(.*\n)*dtq 1> $")
        t.line("wait J1-1", r"wait J1-1\n")
        wait_for(lambda: t.modes() == (True, True), "the command has the terminal")
        since = t.here()
        t.type("\x03")
        t.wait(r"interrupted", since)
        t.line("cancel J1-1", r"J1-1 cancelled")
        t.line("sum 1 3", r"J1-2 completed.*result 6")
        leave(t)


def command_listens(farm):
    """Waits until a command of the console listens, as the console itself and the worker do."""
    wait_for(lambda: farm.redis("CLIENT", "LIST").count(b" cmd=xread ") == 3, "the command waits")


@test
def who_waits_at_a_console_is_told_the_end_once(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("noop tasks=1|ms=600000", r"J1-1 submitted\n(.*\n)*dtq 1> $")
        t.line("wait %", r"wait %\n")
        command_listens(farm)  # an end before that is the console's to tell
        farm.dtq("cancel", "J1-1")
        t.wait(r"J1-1 cancelled: .*\n(.*\n)*dtq 1> $")
        farm.dtq("queue", "pause")
        t.line(f"train {DIGITS}|epochs=3", r"J1-2 submitted\n(.*\n)*dtq 1> $")
        t.line("wait J1-2", r"wait J1-2\n")
        command_listens(farm)
        farm.dtq("queue", "resume")
        t.wait(r"\nloss +0\.\d+\n(.*\n)*.*wrote .*weights_J1-2\.csv.*\n(.*\n)*dtq 1> $")
        t.line("noop tasks=1|ms=600000", r"J1-3 submitted\n(.*\n)*dtq 1> $")
        t.line("wait --timeout 0.3 %", r"J1-3 is running after 0\.3 s")
        t.line("cancel J1-3", r"J1-3 cancelled\n")
        t.wait(r"J1-3 cancelled: ")  # nobody waits any more
        t.line("sum 1 3", r"J1-4 completed.*result 6")
        for told in ("J1-1 cancelled: ", "J1-2 completed: ", "weights_J1-2.csv", "J1-3 cancelled: "):
            equal(t.text.count(told), 1, f"how often it says {told!r}")
        leave(t)


@test
def a_console_that_was_stopped_says_what_it_missed(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        farm.dtq("queue", "pause")
        t.line("sum 1 100 jobId=behind", r"behind submitted\n(.*\n)*dtq 1> $")
        farm.wait_state("behind", "running")  # that event is there
        wait_for(lambda: farm.redis("CLIENT", "LIST").count(b" cmd=xread ") == 2, "it waits again")
        os.kill(t.pid, signal.SIGSTOP)
        farm.dtq("queue", "resume")
        farm.wait_state("behind", "completed")
        farm.redis("XTRIM", "dtq:{default}:events", "MAXLEN", "=", "0")
        farm.dtq("chat", "hello")
        os.kill(t.pid, signal.SIGCONT)
        t.wait(r"events (were|may have been) trimmed before they could be shown\n")
        t.wait(r"behind completed: .*result 5050\n(.*\n)*.*hello")
        leave(t)


@test
def ctrl_d_typed_while_a_command_runs_leaves_after_it(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("noop tasks=1|ms=600000", r"J1-1 submitted\n(.*\n)*dtq 1> $")
        t.line("wait J1-1", r"wait J1-1\n")
        wait_for(lambda: t.modes() == (True, True), "the command has the terminal")
        t.type("\x04")
        farm.dtq("cancel", "J1-1")
        equal(t.end(), 0, "exit status")
        equal(termios.tcgetattr(t.fd)[6][termios.VEOF], b"\x04", "Ctrl-D of the terminal left behind")


@test
def a_window_that_changes_its_size_is_drawn_anew(farm):
    farm.start(workers=1)
    with producer(farm, "1", columns=60) as t:
        t.type("chat " + "abcdefghij " * 8 + "end")
        t.wait(r"end$")
        for columns in (30, 100, 12, 1, 80):
            since = len(t.raw)
            t.resize(columns)
            wait_for(lambda s=since: t.type("") or t.take(0.02) and len(t.raw) > s,
                     f"something is drawn at {columns} columns")
        t.line("", r"\[producer 1\] (abcdefghij ){8}end\n")
        leave(t)


@test
def a_line_of_a_megabyte_is_refused(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("sum 1 " + "9" * (1 << 20), r"a line of more than 65536 characters", 60)
        t.line("chat " + "x" * 4000, r"\[producer 1\] x{100}")
        t.line("sum 1 4", r"J1-1 completed.*result 10\n")
        leave(t)


@test
def history_is_kept_for_the_next_console(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("sum 1 1234", r"result 761995\n")
        leave(t)
    with producer(farm, "1") as t:
        t.type("\x1b[A\x1b[A")
        t.wait(r"sum 1 1234$")
        t.type("\r")
        t.wait(r"J1-2 completed.*result 761995\n")
        leave(t)
    path = farm.path("home", ".local", "state", "dtq", "history-dtq-1")
    equal(os.stat(path).st_mode & 0o777, 0o600, "who may read the history")
    with producer(farm, "2") as t:
        t.type("\x1b[A")
        t.line("sum 1 2", r"J2-1 completed.*result 3\n")
        leave(t)


@test
def a_console_greets_with_where_it_is(farm):
    farm.start(workers=2)
    greeting = (rf"dtq-producer \d+\.\d+\.\d+, queue default at {farm.url}, 1 master, 2 workers; "
                r"help lists the commands\n")
    with producer(farm, "1") as t:
        t.wait(greeting)
        t.line("sum 1 2", r"result 3\n")
        equal(len(re.findall(greeting, t.text)), 1, "how often it greets")
        leave(t)
    terminal = Terminal(farm, [farm.program("dtq"), "--queue", "typo"], columns=160)
    try:
        terminal.wait(r"dtq \S+, queue typo at .*, 0 masters, 0 workers \(new; other queues: "
                      r"default\); help lists")
        leave(terminal)
    finally:
        terminal.kill()
    equal(farm.redis("SMEMBERS", "dtq:queues"), [b"default"], "queues after a console that did nothing")
    with member(farm, farm.program("dtq-worker"), "w9") as t:
        t.wait(rf"dtq-worker \S+, worker w9, queue default at {farm.url}; help lists the commands\n")
        leave(t)
    code, out, err = run_file(farm, "sum 1 2\n")
    equal((code, out, err), (0, "3\n", ""), "commands of a file are not greeted")


@test
def consoles_of_a_program_share_one_history(farm):
    farm.start(workers=1)
    folder = farm.path("home", ".local", "state", "dtq")
    with member(farm, farm.program("dtq-master")) as one, \
            member(farm, farm.program("dtq-master")) as two:
        one.line("jobs", r"JOB ")
        two.line("list", r"NAME|master ")
        one.line("info", r"queue +default")
        leave(one)
        leave(two)
    equal(sorted(name for name in os.listdir(folder) if name.startswith("history")),
          ["history-dtq-master"], "files")
    with open(os.path.join(folder, "history-dtq-master"), encoding="utf-8") as kept:
        lines = kept.read().split("\n")
    equal([line for line in lines if line in ("jobs", "list", "info")], ["jobs", "list", "info"],
          "what both consoles were told")


@test
def a_producer_that_comes_back_hears_what_ended(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t:
        t.line("sum 1 10", r"J1-1 completed")
        t.line("noop tasks=1|ms=300", r"J1-2 submitted")
        leave(t)
    farm.wait_state("J1-2", "completed")
    farm.dtq("2", "sum", "1|2")
    with producer(farm, "1") as t:
        t.wait(r"While you were away:\n(.*\n)?J1-2 completed")
        check("J1-1 completed" not in t.text, "J1-1 was told already")
        check("J2-1" not in t.text, "J2-1 is of another producer")
        t.line("sum 1 4", r"J1-3 completed.*result 10")
        t.kill()  # without a word
        t.fd = os.open("/dev/null", os.O_RDONLY)
    job = farm.dtq("1", "sum", "1|5", "-d").out.strip()
    farm.wait_state(job, "completed")
    farm.redis("XTRIM", "dtq:{default}:events", "MAXLEN", "0")
    with producer(farm, "1") as t:
        t.wait(rf"While you were away:\n(.*\n)?{job} completed.*result 15")
        t.line("sum 1 9", r"J1-5 completed")
        leave(t)
    with producer(farm, "1") as t:
        t.line("sum 1 6", r"J1-6 completed.*result 21")
        check("While you were away" not in t.text, f"nothing ended meanwhile: {t.text}")
        leave(t)


@test
def a_dead_redis_and_its_return_are_told(farm):
    farm.start(workers=1)
    with producer(farm, "1") as t, \
            member(farm, farm.program("dtq-master"), "--id", "m9") as m:
        t.line("noop tasks=1|ms=500", r"J1-1 submitted")
        wait_for(lambda: farm.count("ZCARD", "leases"), "the task runs")
        farm.kill_redis()
        t.wait(r"Redis at \S+: .*; waiting for it\n")
        t.line("jobs", r"dtq-producer: Redis at ")
        m.line("jobs", r"dtq-master: Redis at ")
        t.type("sum 1 ")
        farm.start_redis()
        t.wait(r"connected to Redis at ")
        t.wait(r"J1-1 completed")
        t.line("7", r"J1-2 completed.*result 28\n")
        m.line("jobs", r"J1-2 +sum +completed", 30)
        leave(t)
        m.type("exit\r")
        equal(m.end(), 0, "exit status of the master")


@test
def a_console_waits_for_a_redis_that_comes_later(farm):
    with producer(farm, "1") as t:
        t.wait(r"Redis at \S+: .*; waiting for it\n")
        farm.start(workers=1)
        t.wait(r"connected to Redis at ")
        t.line("sum 1 3", r"J1-1 completed.*result 6")
        leave(t)


@test
def the_masters_console_tells_of_jobs_and_workers(farm):
    farm.start(workers=1, masters=0)
    with member(farm, farm.program("dtq-master"), "--id", "m1") as t:
        farm.submit("train", DIGITS + "|epochs=100000", "jobId=long")
        wait_for(lambda: "epochsDone" in farm.field("long", "report"), "the training gets on")
        job = farm.dtq("7", "noop", "tasks=3", "ms=600000", "-d").out.strip()
        t.line("jobs", rf"{job} +noop +(submitted|running) +0/\d .* 7 ")
        t.line("list", r"master +m1-\S+ +\d+\.\d s +\d+\.\d s .*\n(.*\n)*worker +w1 +\d+\.\d s +"
                       r"\d+\.\d s +1 .*\n(.*\n)*producer +7 +- +- +1\n")
        t.line("info", rf"master +m1, process {t.pid} on .*version \d+\.\d+.*\n.*\nredis +unix://.*"
                       r"version \d+\.\d+")
        t.line("workers", r"long train running: \d+ tasks, \d+ remaining, epoch \d+ of 100000 done, "
                          r"batch \d+ of 15\n(.*\n)*w1 +\d+ +\d+ +0 +\d+ ")
        farm.dtq("cancel", "long")
        wait_for(lambda: farm.count("ZCARD", "leases") == 1, "a task runs")
        wait_for(lambda: job in str(farm.redis("HGET", "dtq:{default}:worker:w1", "slot0")),
                 "the worker tells of it")
        t.line("workers verbose", rf"WORKER.*\nw1 +\d+ +\d+ +0 +1 .*\n +w1\.0: task {job}/\d.* for .*, "
                                  r"progress \d+")
        t.line("workers loud", r"workers \[verbose\]")
        t.line("jbos", r'unknown command "jbos"; did you mean "jobs"')
        t.line("chat good morning", r"\[master m1\] good morning")
        t.line("help", r"workers \[verbose\]")
        t.type("exit\r")
        equal(t.end(), 0, "exit status")
        equal(t.modes(), (True, True), "the terminal left behind")
    farm.master("m2")  # what m1 owned is free
    wait_for(lambda: farm.field(job, "owner").startswith("m2"), "the next master adopts the job", 5)
    farm.dtq("cancel", job)


@test
def the_workers_console_counts_over_restarts(farm):
    farm.start(workers=0)
    words = (farm.program("dtq-worker"), "w1", "2", "--data-dir", DATA)
    with member(farm, *words) as t:
        t.line("stats", r"worker w1: completed 0, failed 0, assigned 0\nlast task +none\n"
                        r"last error +none\n")
        t.line("REQUEST_TASK", r"no task is ready .*2 of 2 slots wait on the ready list")
        farm.dtq("sum", "1|10")
        farm.dtq("train", DIGITS.replace("digits", "absent"), code=1)
        t.line("stats", r"completed 1, failed 1, assigned 2\nlast task +J2/0\n"
                        r"last error .*absent\.csv")
        job = farm.submit("noop", "tasks=2", "ms=600000")
        wait_for(lambda: farm.redis("HGET", "dtq:{default}:worker:w1", "assigned") == b"4",
                 "the worker tells that both slots are at work")
        t.line("request", rf"no slot is idle.*\n(.*\n)*w1\.1 is at task {job}/\d")
        farm.dtq("cancel", job)
        t.line("how is everybody, it's me", r"\[worker w1\] how is everybody, it's me")
        leave(t)
    with member(farm, *words) as t:
        t.line("stats", r"completed 1, failed 1, assigned 4\nlast task +\S+/\d\nlast error .*absent")
        farm.dtq("chat", "hello", "workers")
        t.wait(r"\[producer\] hello workers")
        t.type("\x04")
        equal(t.end(), 0, "exit status after Ctrl-D")


@test
def log_lines_leave_the_typed_line_whole(farm):
    farm.start(workers=1, masters=0)
    with member(farm, farm.program("dtq-master"), "--id", "m1") as t:
        t.type("inf")
        t.wait(r"m1> inf$")
        for i in range(5):
            farm.dtq("sum", "1|4", f"jobId=s{i}")
        t.wait(r"complete s4 \(sum\), 1 task in \d+ ms\n.*m1> inf$")
        t.line("o", r"\nqueue +default\n")
        t.type("exit\r")
        equal(t.end(), 0, "exit status")


@test
def sigterm_ends_a_console_and_gives_the_terminal_back(farm):
    farm.start(workers=1)
    for words, status in (([farm.program("dtq-producer"), "1"], 143),
                          ([farm.program("dtq-master"), "--id", "m7"], 0),
                          ([farm.program("dtq-worker"), "w7"], 0)):
        t = Terminal(farm, words)
        try:
            t.wait(r"> $")
            t.type("half a line")
            t.wait(r"half a line$")
            os.kill(t.pid, signal.SIGTERM)
            equal(t.end(), status, f"exit status of {words}")
            equal(t.modes(), (True, True), f"the terminal that {words} leaves")
        finally:
            t.kill()


@test
def colours_are_for_those_who_want_them(farm):
    farm.start(workers=1)
    for name, env, wanted in (("with", {}, True), ("without", {"NO_COLOR": "1"}, False)):
        with producer(farm, "1", env=dict(farm.env, **env)) as t:
            t.line("sum 1 4", r"completed.*result 10")
            equal(b"\x1b[32m" in t.raw, wanted, f"green {name} colours")
            leave(t)
    reply = farm.dtq("jobs")
    check("\x1b" not in reply.out, "no escapes without a terminal")


def run_file(farm, text, *words, env=None):
    done = subprocess.run([farm.program("dtq"), *words], input=text, env=env or farm.env,
                          cwd=farm.folder, capture_output=True, text=True, timeout=60 * SLOW,
                          check=False)
    return done.returncode, done.stdout, done.stderr


@test
def commands_of_a_file_run_in_order_up_to_a_failure(farm):
    farm.start(workers=1)
    code, out, _ = run_file(farm, "# two sums\nsum 1 4\n\n  sum 1 5 # the other\nresult %")
    equal((code, out), (0, "10\n15\n15\n"), "status and output")
    code, out, err = run_file(farm, "sum 1 4\nsum 7 1\nsum 1 5\n")
    equal((code, out), (2, "10\n"), "status and output up to the failure")
    matches(r"dtq: line 2: .*\n +sum 7 1\n|dtq: line 2: ", err, "where it failed")
    code, out, _ = run_file(farm, "sum 7 1\nsum 1 5\nwrong\n", "--keep-going")
    equal((code, out), (2, "15\n"), "with --keep-going")
    code, out, _ = run_file(farm, "! sum 7 1\n!wrong\nsum 1 5\nexit\nsum 1 6\n")
    equal((code, out), (0, "15\n"), "expected failures, and exit")
    code, out, err = run_file(farm, "! sum 1 4\nsum 1 5\n")
    equal((code, out), (1, "10\n"), "a failure that did not come")
    matches("expected to fail, and did not", err, "why")
    code, out, _ = run_file(farm, "chat it's me\nsum 1 4 -d\n")
    equal(code, 0, "chat and a detached sum")
    matches(r"^J\d+\n$", out, "the id")
    code, out, err = run_file(farm, "sum 1 " + "9" * (5 << 20) + "\nsum 1 2\n", "-k")
    equal((code, out), (2, "3\n"), "a line of five megabytes")
    matches(r"line 1: a line of 5242886 bytes", err, "what was wrong with it")
    with open("/dev/null", encoding="utf-8") as nothing:
        equal(subprocess.run([farm.program("dtq")], stdin=nothing, env=farm.env, check=False,
                             stdout=subprocess.DEVNULL).returncode, 0, "nothing to do")
    folder = os.open(farm.folder, os.O_RDONLY)
    done = subprocess.run([farm.program("dtq")], stdin=folder, env=farm.env, capture_output=True,
                          text=True, check=False)
    os.close(folder)
    equal((done.returncode, done.stdout), (2, ""), "a folder for a file")
    matches("standard input is a folder", done.stderr, "what was wrong with it")
    train = f"train {DIGITS}|jobId="
    equal(run_file(farm, f"{train}a\n{train}b --dir other\nplot a\n", "--dir", "there")[0], 0, "--dir")
    for name in ("there/weights_a.csv", "other/weights_b.csv", "there/logs/a_curves.png"):
        check(os.path.exists(farm.path(name)), f"there is no {name}")
    code, out, _ = run_file(farm, f"{train}c\nsum 1 2\n", "--no-files", "-d")
    equal((code, out.split()), (0, ["c", "J" + out.split()[1][1:]]), "ids of jobs not waited for")
    code, _, err = run_file(farm, "jobs\n", "--most", "3")
    equal(code, 2, "an option of one command")
    matches("--most", err, "the sentence")
    code, _, err = run_file(farm, "! jobs\n", env=dict(farm.env, DTQ_REDIS_URL="unix:///nowhere"))
    equal(code, 3, "no Redis is not the failure that was expected")


@test
def the_tour_of_the_data_folder_is_good(farm):
    farm.start(workers=2)
    with open(os.path.join(TOP, "data", "jobs.txt"), encoding="utf-8") as tour:
        code, out, err = run_file(farm, tour.read())
    equal(code, 0, f"status of the tour ({err})")
    matches(r"^5050\n333833500\n500000000000500000000000\n", out, "the sums")
    states = [row["state"] for row in farm.run("jobs")]
    equal((states.count("failed"), states.count("completed")), (1, 9), "jobs failed and completed")
    matches(r"missing\.csv", err, "the failure that was expected")


@test
def daemons_never_touch_standard_input(farm):
    farm.start_redis()
    read_end, write_end = os.pipe()
    os.write(write_end, b"exit\nhelp\n")
    for name, words in (("m5", ["dtq-master", "--id", "m5"]), ("w5", ["dtq-worker", "w5"])):
        with open(farm.path("logs", name), "wb") as log:
            child = subprocess.Popen([farm.program(words[0]), *words[1:]], stdin=read_end,
                                     stdout=log, stderr=log, env=farm.env, cwd=farm.folder)
        try:
            wait_for(lambda: farm.count("ZCARD", "workers" if name == "w5" else "masters"),
                     f"{name} registers")
            child.send_signal(signal.SIGTERM)
            equal(child.wait(15 * SLOW), 0, f"exit status of {name}")
        finally:
            child.kill()
            child.wait()
    os.set_blocking(read_end, False)
    equal(os.read(read_end, 100), b"exit\nhelp\n", "what lies in the pipe still")
    os.close(read_end)
    os.close(write_end)


@test
def a_master_reads_commands_from_a_pipe_when_asked_to(farm):
    farm.start(workers=1, masters=0)
    done = subprocess.run([farm.program("dtq-master"), "--id", "m1", "--console"],
                          input="# one\ninfo\nlist\nexit\n", env=farm.env, cwd=farm.folder,
                          capture_output=True, text=True, timeout=30 * SLOW, check=False)
    equal(done.returncode, 0, "exit status")
    matches(r"master +m1, process \d+", done.stdout, "info")
    matches(r"worker +w1 ", done.stdout, "list")
