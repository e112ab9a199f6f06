"""An id is given to a second job: that is another job, whatever is known of the first."""
import os

from dtqtest import DATA, QUEUE, check, equal, matches, test, wait_for
from terminal import Terminal

TRAINING = ("model=logreg|task=binary_is_zero|hasHeader=true|normalize=standard|epochs=2"
            "|batchSize=64|dataRef=file:")


def lose_everything(farm, workers):
    """Redis forgets all; until its members are back."""
    farm.redis("FLUSHALL")
    wait_for(lambda: farm.count("ZCARD", "workers") == workers
             and farm.count("ZCARD", "masters") > 0, "workers and masters register again")


def file_of_digits(farm, name, rows):
    """Some rows of digits.csv, as a file of the test's own."""
    with open(os.path.join(DATA, "digits.csv"), encoding="ascii") as source:
        lines = source.readlines()
    with open(farm.path("data", name), "w", encoding="ascii") as to:
        to.writelines(lines[:1] + lines[1:][rows])


@test
def a_sum_after_everything_was_lost_is_the_one_that_was_asked_for(farm):
    farm.start(workers=2, lease_ms=1500)
    for last in (100, 1000, 10, 77):
        value = farm.run("sum", "1", str(last))
        equal((value["jobId"], value["result"]), ("J1", str(last * (last + 1) // 2)),
              f"the sum of 1 to {last}")
        lose_everything(farm, 2)


@test
def a_job_id_that_is_used_again_trains_on_the_file_that_is_named_then(farm):
    file_of_digits(farm, "first.csv", slice(0, 700))
    file_of_digits(farm, "second.csv", slice(700, 1797))
    farm.start(workers=1)
    farm.run("train", "jobId=weekly|" + TRAINING + "first.csv")
    first = farm.weights("weekly")
    farm.dtq("rm", "weekly")
    farm.run("train", "jobId=weekly|" + TRAINING + "second.csv")
    farm.run("train", "jobId=other|" + TRAINING + "second.csv")
    equal(farm.weights("weekly") == first, False, "the weights are those of the first file")
    equal(farm.weights("weekly"), farm.weights("other"), "weights of the second file")


@test
def a_file_that_changed_is_read_anew_for_a_job_id_that_is_used_again(farm):
    file_of_digits(farm, "week.csv", slice(0, 700))
    farm.start(workers=1)
    farm.run("train", "jobId=weekly|" + TRAINING + "week.csv")
    farm.dtq("rm", "weekly")
    file_of_digits(farm, "week.csv", slice(700, 1400))
    farm.run("train", "jobId=weekly|" + TRAINING + "week.csv")
    farm.run("train", "jobId=other|" + TRAINING + "week.csv")
    equal(farm.weights("weekly"), farm.weights("other"), "weights of the file as it is now")


@test
def who_waits_for_a_job_is_told_that_it_is_gone_and_not_what_another_found(farm):
    farm.start(workers=1, lease_ms=1500)
    own = farm.dtq_start("noop", "tasks=1", "ms=600000")
    wait_for(lambda: farm.field("J1", "state") == "running", "the job begins")
    by_id = farm.dtq_start("wait", "J1", "--json")
    wait_for(lambda: farm.redis("CLIENT", "LIST").count(b"cmd=xread") >= 3, "both wait")
    lose_everything(farm, 1)
    equal(farm.run("sum", "1", "10")["jobId"], "J1", "the id of the next job")
    for process in (own, by_id):
        equal(process.wait(15), 1, f"exit status of {process.name}")
        matches("job J1 is gone.*Redis has lost its data", process.log(), "what it says")
        check("55" not in process.out(), f"another job's result: {process.out()}")
    matches('"code": *"job_gone"', by_id.out(), "JSON")


@test
def a_console_says_that_its_job_is_gone_and_follows_the_next(farm):
    farm.start(workers=1, lease_ms=1500)
    named = Terminal(farm, [farm.program("dtq-producer"), "1"])
    nobody = Terminal(farm, [farm.program("dtq-producer")])
    for console in (named, nobody):
        console.wait("dtq.*> $")
        console.line("noop tasks=1|ms=600000", "J1(-1)? submitted")
    job = farm.redis("XRANGE", QUEUE + "jobs", "-", "+")[0][1][1].decode()
    lose_everything(farm, 1)
    equal(farm.run("1", "sum", "1", "10")["jobId"], job, "the id of the next job of producer 1")
    equal(farm.run("sum", "1", "11")["jobId"], "J1", "the id of the next job of nobody")
    named.wait(rf"job {job} is gone(.|\n)*{job} completed.*result 55")
    nobody.wait("job J1 is gone")
    nobody.line("result %", "% was job J1, which is gone")
    nobody.line("sum 1 12", "J2 completed.*result 78")
    nobody.line("result %", "\\n78\\n")
    check("66" not in nobody.text, f"a job of another console is told of: {nobody.text}")
    for console in (named, nobody):
        console.type("exit\r")
        equal(console.end(), 0, "exit status")


@test
def a_console_gives_the_right_sums_however_often_everything_is_lost(farm):
    farm.start(workers=2, lease_ms=1500)
    console = Terminal(farm, [farm.program("dtq-producer")])
    console.wait("dtq> $")
    for last in (100, 1000, 10):
        console.line(f"sum 1 {last}", rf"J1 completed.*result {last * (last + 1) // 2}\n")
        lose_everything(farm, 2)
    console.type("exit\r")
    equal(console.end(), 0, "exit status")


@test
def the_story_of_a_job_is_not_that_of_a_former_one(farm):
    farm.start(workers=1)
    farm.run("noop", "jobId=weekly|tasks=2|fail=1", "--attempts", "1", code=1)
    farm.dtq("rm", "weekly")
    farm.run("noop", "jobId=weekly|tasks=1")
    story = [row["text"] for row in farm.run("explain", "weekly")["story"]]
    equal(len([text for text in story if "submitted" in text]), 1, f"submissions in {story}")
    check(not any("fail" in text for text in story), f"the former job failed: {story}")


@test
def a_worker_that_sleeps_over_the_next_job_of_an_id_does_not_disturb_it(farm):
    farm.start(workers=2)
    farm.submit("noop", "jobId=weekly|tasks=2|ms=600000")
    wait_for(lambda: farm.count("ZCARD", "leases") == 2, "both workers are at work")
    farm.workers["w1"].stop()
    farm.dtq("cancel", "weekly")
    farm.dtq("rm", "weekly")
    farm.submit("noop", "jobId=weekly|tasks=40|ms=5")
    farm.wait_done("weekly", 10)
    farm.workers["w1"].cont()
    value = farm.completed("weekly")
    equal((value["count"], value["tasks"]["done"], value["tasks"]["late"]), (40, 40, 0), "tasks")
    equal(farm.events("task_dead") + farm.events("reclaimed"), [], "what went wrong")
