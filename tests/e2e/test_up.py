"""dtq up: Redis, a master and workers in one process tree, and dtq demo on top of it."""
import os
import re
import shutil
import signal
import socket
import subprocess

import processes
from redisclient import Redis
from terminal import Terminal
from dtqtest import DATA, SLOW, TOP, check, equal, matches, one_json, test, wait_for



def home(farm, **more):
    """An environment in which nothing names a Redis, with folders of the test's own."""
    env = {name: value for name, value in farm.env.items() if name != "DTQ_REDIS_URL"}
    env.update(XDG_STATE_HOME=farm.path("home", "state"), XDG_CACHE_HOME=farm.path("home", "cache"),
               TMPDIR=farm.path("tmp"), DTQ_OUT=farm.path("out"), **more)
    os.makedirs(env["TMPDIR"], exist_ok=True)
    return env


def start(farm, *words, env=None):
    """A running `dtq up`; it has a .url."""
    up = farm.spawn("up", [farm.program("dtq"), "up", "--data-dir", DATA, *words],
                    env or home(farm))

    def ready():
        processes.reap_orphans()
        return up.out().endswith("\n") or not up.alive
    wait_for(ready, "dtq up prints its URL", 30)
    check(up.alive, f"dtq up ended: {up.log()}")
    matches(r"^unix://\S+/redis\.sock\n$", up.out(), "standard output of dtq up")
    up.url = up.out().strip()
    return up


def pids(up, name):
    return {pid for pid, comm in processes.children(up.pid).items() if comm == name}


def stop(up, number=signal.SIGTERM):
    up.signal(number)
    equal(up.wait(30 * SLOW), 0, "exit status of dtq up")
    wait_for(lambda: not processes.descendants(), "no process is left")


def alone(*words):
    """The words as a command that sees no server on the default port: where somebody's has it, the
    command gets a network of its own, so that this server is left alone."""
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", 6379)) == 0
    return [shutil.which("unshare"), "-rn", *words] if taken else list(words)


def undirected(farm, *words, code=0, env=None):
    """A command that is not told where Redis is."""
    words = alone(farm.program("dtq"), *words)
    done = subprocess.run(words, env=env or home(farm), capture_output=True, text=True,
                          timeout=60 * SLOW, cwd=farm.folder, check=False)
    equal(done.returncode, code, f"exit status of {words} ({done.stderr.strip()})")
    return done


@test
def up_starts_a_queue_that_other_commands_find_by_themselves(farm):
    up = start(farm, "--workers", "3", "--slots", "2")
    equal([len(pids(up, name)) for name in ("redis-server", "dtq-master", "dtq-worker")],
          [1, 1, 3], "processes of dtq up")
    equal(undirected(farm, "sum", "1|100").stdout, "5050\n", "a sum without a URL")
    equal(farm.dtq("sum", "1|100", "--redis", up.url).out, "5050\n", "a sum with its URL")
    members = farm.dtq("workers", "--json", "--redis", up.url).json
    equal(sorted((row["worker"], len(row["slots"])) for row in members["workers"]),
          [("w1", 2), ("w2", 2), ("w3", 2)], "its workers")
    value = farm.dtq("train", "model=logreg|task=binary_is_zero|dataRef=file:digits.csv"
                     "|hasHeader=true", "--json", "--redis", up.url).json
    equal(value["state"], "completed", "a training on data/")
    stop(up)
    done = undirected(farm, "sum", "1|100", code=3)
    matches(r"127\.0\.0\.1:6379.*no running `dtq up`", done.stderr, "afterwards")


@test
def masters_and_workers_find_an_up_that_runs_or_comes_later(farm):
    env = home(farm)
    early = farm.spawn("early", alone(farm.program("dtq-worker"), "early"), env)
    wait_for(lambda: "trying again" in early.log(), "a worker says that there is no Redis")
    matches(r"no Redis at redis://127\.0\.0\.1:6379/0, and no running `dtq up`; start one with `dtq "
            r"up` or redis-server, or name it with --redis URL or DTQ_REDIS_URL; trying again",
            early.log(), "the first line of a worker without Redis")
    for program in ("dtq-master", "dtq-worker"):
        done = subprocess.run(alone(farm.program(program), "--health"), env=env,
                              capture_output=True, text=True, timeout=30 * SLOW, check=False)
        equal(done.returncode, 1, f"{program} --health without Redis")
        matches("no running `dtq up`; start one", done.stderr, f"{program} --health")
    up = start(farm, "--workers", "1")
    late = farm.spawn("late", alone(farm.program("dtq-worker"), "late", "2"), env)
    master = farm.spawn("master", alone(farm.program("dtq-master"), "--id", "another"), env)
    for process in (early, late, master):
        wait_for(lambda p=process: f" queue default at {up.url}" in p.log(),
                 f"{process.name} says whom it serves")
    members = farm.dtq("workers", "--json", "--redis", up.url).json
    equal(sorted(row["worker"] for row in members["workers"]), ["early", "late", "w1"], "workers")
    equal(len(members["masters"]), 2, "masters")
    done = subprocess.run(alone(farm.program("dtq-worker"), "late", "--health"), env=env,
                          capture_output=True, text=True, timeout=30 * SLOW, check=False)
    equal((done.returncode, done.stderr), (0, ""), "a health question")
    for process in (early, late, master):
        process.signal(signal.SIGTERM)
        equal(process.wait(20 * SLOW), 0, f"exit status of {process.name}")
    stop(up)


@test
def a_worker_without_redis_can_be_stopped(farm):
    worker = farm.spawn("worker", alone(farm.program("dtq-worker")), home(farm))
    wait_for(lambda: "trying again" in worker.log(), "it says that there is no Redis")
    worker.signal(signal.SIGTERM)
    equal(worker.wait(10 * SLOW), 0, "exit status")


@test
def up_finds_its_state_again(farm):
    up = start(farm)
    equal(farm.dtq("sum", "1|10", "--redis", up.url).out, "55\n", "a sum")
    stop(up, signal.SIGINT)
    again = start(farm)
    equal(again.url, up.url, "URL")
    equal(farm.dtq("result", "J1", "--redis", again.url).out, "55\n", "the result of before")
    equal(farm.dtq("sum", "1|3", "-d", "--redis", again.url).out, "J2\n", "the next id")
    stop(again)
    check(os.path.isdir(farm.path("home", "state", "dtq")), "the state is where XDG says")


@test
def up_restarts_what_dies_and_the_job_goes_on(farm):
    up = start(farm, "--workers", "2", "--slots", "4", "--dir", farm.path("state"))
    farm.dtq("noop", "tasks=1500", "ms=10", "jobId=long", "-d", "--redis", up.url)
    for name in ("dtq-worker", "dtq-master", "redis-server", "dtq-worker"):
        before = pids(up, name)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda n=name, b=before, v=victim: len(pids(up, n)) == len(b)
                 and v not in pids(up, n), f"{name} is started again")
        wait_for(lambda v=victim: f"(pid {v}) was killed by signal 9" in up.log(),
                 "dtq up tells of it")
    server = Redis(farm.path("state", "redis.sock"))
    wait_for(lambda: server("PING") == b"PONG", "Redis has its data back")
    server.close()
    value = farm.dtq("wait", "long", "--json", "--redis", up.url).json
    equal((value["state"], value["tasks"]["done"]), ("completed", 1500), "the job")
    stop(up)


@test
def up_stops_everything_in_order(farm):
    for number in (signal.SIGINT, signal.SIGTERM):
        up = start(farm, "--dir", farm.path("state"))
        farm.dtq("noop", "tasks=1000000", "ms=1", "-d", "--redis", up.url)
        stop(up, number)
        for name in ("w1", "w2", "m1"):
            with open(farm.path("state", "logs", name + ".log"), encoding="utf-8") as log:
                text = log.read()
            matches(rf"{name}: stopped", text.splitlines()[-1], f"the last words of {name}")
            check("trying again" not in text, f"Redis went before {name}: {text}")
        check(not os.path.exists(farm.path("state", "redis.sock")), "the socket is left")
        equal([name for name in os.listdir(farm.path("run", "dtq")) if name.endswith(".up")], [],
              "entries for discovery")


@test
def what_a_killed_up_ran_ends_with_it(farm):
    up = start(farm, "--dir", farm.path("state"))
    equal(farm.dtq("sum", "1|10", "--redis", up.url).out, "55\n", "a sum")
    up.kill()
    again = start(farm, "--dir", farm.path("state"))
    equal(farm.dtq("result", "J1", "--redis", again.url).out, "55\n", "the result of before")
    equal(undirected(farm, "result", "J1").stdout, "55\n", "the living one is found")
    stop(again)


@test
def a_console_finds_a_running_up_each_time_it_asks(farm):
    """For completion and when it leaves, too, where nobody hears what went wrong on the way."""
    up = start(farm, "--dir", farm.path("state"))
    t = Terminal(farm, alone(farm.program("dtq"), "1"), env=home(farm))
    try:
        t.wait(r"dtq 1> $")
        t.line("sum 1 10", r"J1-1 completed.*result 55\n")
        t.type("result J\t")
        t.wait(r"dtq 1> result J1-1 $")
        t.type("\r")
        t.wait(r"\n55\n(.*\n)*dtq 1> $")
        up.signal(signal.SIGTERM)
        equal(up.wait(30 * SLOW), 0, "exit status of dtq up")
        t.wait(r"waiting for it\n")
        t.type("result J\t\x03")
        t.wait(r"\^C\ndtq 1> $")
        t.type("exit\r")
        equal(t.end(), 0, "exit status of the console")
    finally:
        t.kill()


@test
def a_folder_in_use_is_refused(farm):
    up = start(farm, "--dir", farm.path("state"))
    reply = farm.dtq("up", "--dir", farm.path("state"), code=2, env=home(farm))
    matches(rf"{farm.path('state')} is in use by a running `dtq up` with process id {up.pid}\b",
            reply.err, "the sentence")
    equal(reply.out, "", "standard output")
    second = start(farm, "--dir", farm.path("other"))
    farm.dtq("sum", "1|10", "jobId=second", "--redis", second.url)
    equal(undirected(farm, "result", "second").stdout, "55\n", "the newest one is found")
    for one in (up, second):
        one.signal(signal.SIGTERM)
        equal(one.wait(30 * SLOW), 0, "exit status of dtq up")


@test
def a_folder_with_a_long_name_is_fine(farm):
    long = farm.path(*(c * 30 for c in "abcd"))
    up = farm.spawn("up", [farm.program("dtq"), "up", "--dir", long, "--json"], home(farm))
    wait_for(lambda: up.out().endswith("\n") or not up.alive, "dtq up prints its URL", 30)
    value = one_json(up.out())
    equal((value["dir"], value["pid"], value["workers"]), (long, up.pid, 2), "what it tells")
    equal(farm.dtq("sum", "1|10", "--redis", value["url"]).out, "55\n", "a sum")
    stop(up)


@test
def without_a_redis_server_up_names_the_package(farm):
    reply = farm.dtq("up", "--dir", farm.path("state"), code=2,
                     env=home(farm, PATH=farm.path("home")))
    matches(r"redis-server is not installed.*apt-get install redis-server", reply.err,
            "the sentence")


@test
def the_demo_shows_it_all_and_leaves_nothing(farm):
    demo = farm.spawn("demo", [farm.program("dtq"), "demo"], home(farm), TOP)
    equal(demo.wait(90 * SLOW), 0, f"exit status of dtq demo ({demo.out()[-2000:]})")
    text = demo.out()
    for words in (r"\bsum\b", "sumsq", "sync", "async", "kill", r"digits\.csv"):
        matches(words, text, "what it prints")
    check(len(re.findall(r"(?m)^ +ok ", text)) >= 5, f"checks of the demo: {text}")
    check("FAILED" not in text, text)
    wait_for(lambda: not processes.descendants(), "no process is left")
    equal(os.listdir(farm.path("tmp")), [], "files left behind")
    pictures = re.findall(r"(?m)^  (.*\.png)$", text)
    equal(sorted(os.path.basename(path) for path in pictures),
          ["digits_confusion.png", "digits_curves.png", "digits_weights.png", "speedup.png",
           "sync_async.png", "weights_digits.png", "weights_zero.png", "zero_curves.png",
           "zero_roc.png", "zero_weights.png"],
          "pictures that it names")
    check(all(os.path.getsize(path) > 500 for path in pictures), "they are there")
    demo = farm.spawn("demo", [farm.program("dtq"), "demo", "--json"], home(farm), TOP)
    equal(demo.wait(90 * SLOW), 0, "exit status of dtq demo --json")
    one_json(demo.out(), "dtq demo --json")


@test
def an_interrupted_demo_leaves_nothing(farm):
    demo = farm.spawn("demo", [farm.program("dtq"), "demo"], home(farm), TOP)
    step = farm.random.randint(1, 4)
    wait_for(lambda: f"{step}. " in demo.out() or not demo.alive, f"the demo's step {step}", 60)
    demo.signal(signal.SIGINT)
    equal(demo.wait(30 * SLOW), 130, "exit status of dtq demo")
    wait_for(lambda: not processes.descendants(), "no process is left")
    equal(os.listdir(farm.path("tmp")), [], "files left behind")
