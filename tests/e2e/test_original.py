"""The job list of the original DTQ, and the pictures it runs on."""
import os
import subprocess

from dtqtest import SLOW, TOP, check, equal, matches, test

ROWS, TEST_ROWS = 580, 200
PICTURES = "dataRef=train.csv|testRef=mnist_test.csv|hasHeader=true|normalize=255|epochs=20|lr=0.5"


@test
def the_list_of_the_original_runs_word_for_word(farm):
    farm.start(workers=2, options=("--data-dir", TOP))
    with open(os.path.join(TOP, "data", "original.txt"), encoding="utf-8") as jobs:
        done = subprocess.run([farm.program("dtq"), "-k"], input=jobs.read(), env=farm.env,
                              cwd=farm.folder, capture_output=True, text=True, timeout=60 * SLOW,
                              check=False)
    equal(done.returncode, 0, f"status ({done.stderr})")
    matches(r"^50000000000000000000000025000000000000000000000003\n333366566787734653669886470973\n",
            done.stdout, "the sums")
    equal(done.stderr.count("this failure was expected"), 4, f"failures in {done.stderr}")
    jobs = {row["jobId"]: row for row in farm.run("jobs")}
    for job, state, error in (
            ("MNIST_QUICK_ASYNC", "completed", None), ("MNIST_ONE", "completed", None),
            ("MNIST_BASE_784", "completed", None), ("MNIST_BASE_784_LR2", "completed", None),
            ("MNIST_LIN", "completed", None),
            ("MNIST_BASE", "failed", r"features=542, but .*train\.csv has 784 columns"),
            ("STOCK_ASYNC", "failed", r"stock_train\.csv: there is no such file"),
            ("BAD_DATAREF", "failed", r"does_not_exist\.csv: there is no such file")):
        equal(jobs[job]["state"], state, job)
        if error:
            matches(error, farm.field(job, "error"), job)
    check("MNIST_BASE_LR2" not in jobs, "a job was resumed from one that failed")
    value = farm.dtq("result", "MNIST_LIN", "--json").json
    equal((value["samples"], value["features"], value["testSamples"]), (ROWS, 784, TEST_ROWS),
          "rows and columns")
    warnings = " ".join(value["warnings"])
    matches(r"task=demo is ignored", warnings, "the warnings")
    matches(rf"samples=60000, but file:\./data/train\.csv has {ROWS} rows", warnings, "the warnings")


@test
def the_pictures_can_be_learned(farm):
    farm.start(workers=1)
    for digit in ("zero", "one", "five", "seven"):
        value = farm.run("train", f"model=logreg|task=binary_is_{digit}|{PICTURES}")
        check(value["testAccuracy"] > 0.95, f"{digit}: test accuracy {value['testAccuracy']}")
    value = farm.run("train", f"model=softmax|{PICTURES}")
    check(value["testAccuracy"] > 0.9, f"test accuracy {value['testAccuracy']}")
