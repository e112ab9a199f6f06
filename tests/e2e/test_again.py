"""An id is given to a second job: that is another job, whatever is known of the first."""
import os

from dtqtest import DATA, QUEUE, equal, test, wait_for

TRAINING = ("model=logreg|task=binary_is_zero|hasHeader=true|normalize=standard|epochs=2"
            "|batchSize=64|dataRef=file:")


def lose_everything(farm, workers):
    """Redis forgets all; until its members are back."""
    farm.redis("FLUSHALL")
    wait_for(lambda: farm.count("ZCARD", "workers") == workers
             and farm.count("ZCARD", "masters") > 0, "workers and masters register again")


def expire(farm, job):
    """The time is over for which an ended job is kept."""
    farm.redis("DEL", *(QUEUE + key for key in farm.keys(f"job:{job}") + farm.keys(f"job:{job}:*")))


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
    expire(farm, "weekly")
    farm.run("train", "jobId=weekly|" + TRAINING + "second.csv")
    farm.run("train", "jobId=other|" + TRAINING + "second.csv")
    equal(farm.weights("weekly") == first, False, "the weights are those of the first file")
    equal(farm.weights("weekly"), farm.weights("other"), "weights of the second file")


@test
def a_file_that_changed_is_read_anew_for_a_job_id_that_is_used_again(farm):
    file_of_digits(farm, "week.csv", slice(0, 700))
    farm.start(workers=1)
    farm.run("train", "jobId=weekly|" + TRAINING + "week.csv")
    expire(farm, "weekly")
    file_of_digits(farm, "week.csv", slice(700, 1400))
    farm.run("train", "jobId=weekly|" + TRAINING + "week.csv")
    farm.run("train", "jobId=other|" + TRAINING + "week.csv")
    equal(farm.weights("weekly"), farm.weights("other"), "weights of the file as it is now")
