"""Sums and sums of squares of any size, held against Python's integers."""
import sys

from dtqtest import SLOW, test, check, equal, matches

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def total(start, end):
    return (start + end) * (end - start + 1) // 2


def total_of_squares(start, end):
    def up_to(n):
        return n * (n + 1) * (2 * n + 1) // 6
    return up_to(end) - up_to(start - 1)


TOTALS = {"sum": total, "sumsq": total_of_squares}


@test
def the_first_sums_are_right(farm):
    farm.start(workers=2)
    equal(farm.dtq("sum", "1|1000000").out, "500000500000\n", "sum 1|1000000")
    equal(farm.dtq("sum", "1", "1000000").out, "500000500000\n", "sum 1 1000000")
    equal(farm.dtq("sum", "start=1|end=1000000").out, "500000500000\n", "sum start=1|end=1000000")
    equal(farm.dtq("sumsq", "1|1000000").out, "333333833333500000\n", "sumsq 1|1000000")
    equal(farm.dtq("sum", "-5", "-5").out, "-5\n", "a range of one number")
    equal(farm.dtq("sum", "-7|7").out, "0\n", "a range around 0")
    farm.nothing_left(*(f"J{i + 1}" for i in range(6)))


@test
def sums_of_ranges_with_10_to_the_25_numbers_are_exact(farm):
    farm.start(workers=2)
    for kind, start, end in (("sum", 1, 10**25 + 2), ("sum", 10**25, 10**26 - 1),
                             ("sumsq", 2, 10000332323), ("sum", -10**25, 10**25 + 1),
                             ("sumsq", -10**30, 10**31 + 7), ("sumsq", 1, 10**25 + 2)):
        value = farm.run(kind, f"{start}|{end}")
        equal(value["result"], str(TOTALS[kind](start, end)), f"{kind} {start}|{end}")
        check(value["tasks"]["total"] > 1, "a long range is cut into several tasks")
        check(value["wallMs"] < 3000 * SLOW, f"{kind} {start}|{end} took {value['wallMs']} ms")


@test
def fifty_random_ranges_agree_with_python(farm):
    farm.start(workers=2, slots=2)
    jobs = {}
    for i in range(50):
        digits = farm.random.choice((1, 3, 7, 20, 64, 300, 700))
        start = farm.random.randrange(-10**digits, 10**digits)
        end = start + farm.random.randrange(10**farm.random.choice((0, 1, 6, 7, 9, digits)))
        kind = farm.random.choice(("sum", "sumsq"))
        jobs[farm.submit(kind, f"{start}|{end}")] = (kind, start, end)
    equal(len(jobs), 50, "ids of jobs")
    for job, (kind, start, end) in jobs.items():
        equal(farm.dtq("wait", job).out, f"{TOTALS[kind](start, end)}\n",
              f"{kind} {start}|{end}")
    farm.nothing_left(*jobs)


@test
def ends_of_thousands_of_digits_are_fine(farm):
    farm.start(workers=2)
    start, end = -(7**9000), 3**20000
    equal(farm.run("sumsq", str(start), str(end))["result"], str(total_of_squares(start, end)),
          "a sum of squares with long ends")


@test
def an_end_before_the_start_is_refused(farm):
    farm.start_redis()
    for words in (("sum", "5|4"), ("sumsq", "1", "-1"), ("sum", f"{10**25}|{10**25 - 1}")):
        reply = farm.dtq(*words, code=2)
        matches(r"is before start=", reply.err, "the sentence")
        equal(reply.out, "", "standard output")
    equal(farm.keys(), [], "keys in Redis")
