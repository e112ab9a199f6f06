#!/usr/bin/env python3
"""Runs the steps below, in this order, on one project; ends at the first that fails."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

# pylint: disable=wrong-import-position
from dtqtest import BIN, check, equal, matches, wait_for  # noqa: E402
from processes import Failure  # noqa: E402
from project import Project, reference, service  # noqa: E402
from terminal import Terminal  # noqa: E402

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
QUICK = DIGITS + "|epochs=5|lr=1"
LONG = DIGITS.replace("digits", "big") + "|epochs=1500|lr=1|batchSize=20000"
STOP_S = 10  # what a stop of all may take: less than what Docker waits before it kills

STEPS = []


def step(function):
    STEPS.append(function)
    return function


@step
def the_file_comes_up_and_all_are_healthy(p):
    p.compose("build", limit=600)
    p.compose("up", "-d")
    p.healthy(workers=2)
    equal([c["State"]["ExitCode"] for c in p.containers("secret")], [0], "exit of secret")


@step
def redis_is_not_published_and_wants_the_password(p):
    for c in p.containers():
        equal(c["HostConfig"]["PortBindings"] or {}, {}, f"published ports of {service(c)}")
        equal(any((c["NetworkSettings"]["Ports"] or {}).values()), False,
              f"ports of {service(c)} on the host")
    redis = p.containers("redis")[0]
    matches("NOAUTH", p.inside(redis, "redis-cli ping 2>&1"), "ping without a password")
    password = p.inside(redis, "cat /run/dtq/redis_password")
    matches("^[0-9a-f]{64}$", password, "the password")
    for c in p.containers():
        check(password not in json.dumps(c), f"the password stands in what inspect shows of "
              f"{service(c)}")
        check(c["State"]["Running"] is False or password not in p.inside(
            c, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || :"),
              f"the password stands on a command line in {service(c)}")


@step
def nothing_runs_with_rights_that_it_does_not_need(p):
    script = ("grep -E '^(Uid|Cap...|NoNewPrivs):' /proc/self/status; "
              "touch /probe /usr/bin/probe 2>&1; touch /tmp/probe && echo scratch; :")
    shown = {service(c): p.inside(c, script) for c in p.containers() if service(c) != "secret"}
    shown["producer"] = p.compose("run", "--rm", "-T", "--entrypoint", "sh", "producer",
                                  "-c", script).out
    equal(sorted(shown), ["master", "producer", "redis", "worker"], "services looked at")
    for name, text in shown.items():
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        equal({fields[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")}, {"0" * 16},
              f"capabilities in {name}")
        check("0" not in fields["Uid"].split(), f"{name} runs as root")
        equal(fields["NoNewPrivs"], "1", f"NoNewPrivs in {name}")
        equal(text.count("Read-only file system"), 2, f"refusals to write in {name} ({text})")
        check(text.endswith("scratch\n"), f"/tmp of {name} cannot be written: {text}")
    secret = p.containers("secret")[0]["HostConfig"]
    equal((secret["ReadonlyRootfs"], secret["NetworkMode"], secret["CapDrop"]),
          (True, "none", ["ALL"]), "confinement of secret")
    matches("Read-only", p.inside(p.containers("worker")[0], "touch data/probe 2>&1 || :"),
            "a worker that writes to the data")


@step
def sums_are_exact(p):
    equal(p.producer("sum", "1", "1000000"), "500000500000\n", "sum")
    equal(p.producer("sumsq", "1", "100000000000000000000"),
          "333333333333333333338333333333333333333350000000000000000000\n", "sum of squares")
    done = p.compose("run", "--rm", "-T", "producer", "sum", "1", "x", code=2)
    matches('end=x: a whole number', done.err, "the answer to a bad number")


@step
def scaled_workers_all_work_under_ids_of_their_own(p):
    p.compose("up", "-d", "--scale", "worker=4")
    p.healthy(workers=4)
    wait_for(lambda: len(p.ask("workers")["workers"]) == 4, "four workers are known to the queue")
    job = p.producer("noop", "tasks=40", "ms=100", "-d").strip()
    wait_for(lambda: p.state(job) == "completed", f"{job} ends", 60)
    equal(p.ask("job", job)["workers"], 4, "workers that took part")


@step
def a_training_has_the_bits_of_one_of_dtq_up(p):
    p.expected = reference(p, os.path.join(BIN, "dtq"), {"K1": QUICK, "K2": LONG})
    p.producer("train", QUICK, "jobId=K1")
    equal(p.weights_file("K1"), p.expected["K1"], "weights of K1")


@step
def files_of_the_producer_are_the_users(p):
    out = os.path.join(p.tree, "out")
    for name in ("weights_K1.csv", "weights_K1.png", "logs/K1_epochs.csv", "logs/speedup.csv"):
        check(os.path.getsize(os.path.join(out, name)) > 0, f"out/{name} is empty")
    equal(os.stat(out).st_uid, p.user, "owner of ./out")
    words = ["rm", "-r", os.path.join(out, "logs"), os.path.join(out, "weights_K1.csv")]
    if os.getuid() == 0:
        words = ["setpriv", f"--reuid={p.user}", f"--regid={p.user}", "--clear-groups", *words]
    p.run(*words)
    equal(os.listdir(out), ["weights_K1.png"], "files left when the user deleted the others")


@step
def pictures_are_drawn_without_a_word_about_fonts(p):
    for user in ((), ("--user", "12345:12345", "--env", "DTQ_OUT=/tmp")):
        done = p.compose("run", "--rm", "-T", *user, "producer", "plot", "K1")
        check("ontconfig" not in done.err + done.out, f"plot says {done.err + done.out}")
        matches(r"K1_curves\.png", done.err + done.out, "what plot wrote")


@step
def the_console_works_and_keeps_its_history(p):
    def console():
        return Terminal(p, [shutil.which("docker"),
                            *p.words("--progress", "quiet", "run", "--rm", "producer", "1")[1:]])
    for number, line in enumerate(("sum 1 100\r", "\x1b[A\x1b[A\r")):
        terminal = console()
        try:
            terminal.wait(r"dtq 1> $", seconds=60)
            terminal.type(line)
            terminal.wait(rf"J1-{number + 1} completed: .*result 5050\n")
            terminal.type("exit\r")
            equal(terminal.end(), 0, "exit status of the console")
        finally:
            terminal.kill()


@step
def lines_from_a_pipe_are_obeyed(p):
    done = subprocess.run(p.words("run", "--rm", "-T", "producer"), cwd=p.tree, env=p.env,
                          input="sum 1 10\nsumsq 1 10\n", capture_output=True, encoding="utf-8",
                          timeout=120, check=False)
    equal(done.returncode, 0, f"exit status ({done.stderr})")
    matches(r"(?s)\b55\b.*\b385\b", done.stdout, "the results")


@step
def what_is_killed_comes_back_and_the_training_ends_right(p):
    p.producer("train", LONG, "jobId=K2", "-d")
    p.wait_epoch("K2", 1)
    back = [p.kill(p.containers("worker")[0]), p.kill(p.containers("master")[0])]
    for restarted in back:
        wait_for(restarted, "what was killed is started again", 30)
    p.wait_epoch("K2", p.ask("job", "K2").get("epochsDone", 0) + 1)
    redis = p.kill(p.containers("redis")[0])
    wait_for(redis, "Redis is started again", 30)
    p.healthy(workers=4)
    wait_for(lambda: p.state("K2") in ("completed", "failed"), "K2 ends", 90)
    equal(p.state("K2"), "completed", "state of K2")
    p.producer("artifacts", "K2")
    equal(p.weights_file("K2"), p.expected["K2"], "weights of K2 after three kills")


@step
def a_redis_whose_name_does_not_resolve_is_waited_for(p):
    job = p.producer("noop", "tasks=100", "ms=200", "-d").strip()
    waiting = p.containers("worker") + p.containers("master")
    p.compose("stop", "redis")
    for c in waiting:
        wait_for(lambda c=c: re.search("Name or service not known|failure in name resolution",
                                       p.run("docker", "logs", "--tail", "5", c["Id"]).err),
                 f"{service(c)} finds no name", 30)
    p.compose("start", "redis")
    p.healthy(workers=4)
    wait_for(lambda: p.state(job) == "completed", f"{job} ends", 60)
    for c in waiting:
        equal(p.again(c)["State"]["StartedAt"], c["State"]["StartedAt"], f"start of {service(c)}")


@step
def fewer_workers_leave_in_good_order(p):
    job = p.producer("noop", "tasks=100", "ms=100", "-d").strip()
    p.compose("up", "-d", "--scale", "worker=2")
    p.healthy(workers=2)
    wait_for(lambda: len(p.ask("workers")["workers"]) == 2, "two workers are left")
    wait_for(lambda: p.state(job) == "completed", f"{job} ends", 60)
    equal(p.ask("job", job)["tasks"]["reclaimed"], 0, "tasks that had to be claimed again")


@step
def a_stop_is_clean_and_loses_nothing(p):
    p.producer("train", LONG, "jobId=K3", "-d")
    p.wait_epoch("K3", 1)
    began = time.monotonic()
    p.compose("stop")
    took = time.monotonic() - began
    check(took < STOP_S, f"docker compose stop took {took:.1f} s, wanted less than {STOP_S} s")
    for c in p.containers():
        equal((c["State"]["Running"], c["State"]["ExitCode"], c["State"]["OOMKilled"]),
              (False, 0, False), f"running, exit status and lack of memory of {service(c)}")
    p.compose("up", "-d")
    p.healthy(workers=2)
    wait_for(lambda: p.state("K3") in ("completed", "failed"), "K3 ends", 90)
    p.producer("artifacts", "K3")
    equal(p.weights_file("K3"), p.expected["K2"], "weights of K3 after a stop in between")
    equal(p.state("K1"), "completed", "state of a job of before the stop")


@step
def nothing_is_left(p):
    equal(p.down(), [], "what docker compose down leaves")


def main():
    def stop(number, _frame):
        raise KeyboardInterrupt(number)
    signal.signal(signal.SIGTERM, stop)
    project = Project()
    began = time.monotonic()
    try:
        for function in STEPS:
            since = time.monotonic()
            try:
                function(project)
            except Exception as error:  # pylint: disable=broad-except
                print(f"FAILED {function.__name__} ({time.monotonic() - since:.1f} s)")
                print(error if isinstance(error, Failure) else traceback.format_exc())
                print(project.compose("logs", "--no-color", "--tail", "15", code=None).out)
                return 1
            print(f"ok     {function.__name__} ({time.monotonic() - since:.1f} s)", flush=True)
        print(f"{len(STEPS)} passed ({time.monotonic() - began:.0f} s)")
        return 0
    finally:
        project.forget()


if __name__ == "__main__":
    sys.exit(main())
