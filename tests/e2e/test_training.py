"""Trainings: their numbers against the definition, and the same bits however they are computed."""
import struct

import reference
from dtqtest import check, copy_of_digits, equal, matches, near, test, wait_for

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
# A batch of so many rows is cut into several chunks, which go to all workers.
BIG = "model=logreg|task=binary_is_zero|dataRef=file:big.csv|hasHeader=true|normalize=16|lr=0.5"
BIG_BATCH = BIG + "|batchSize=70000"


def doubles(data):
    return struct.unpack(f"<{len(data) // 8}d", data)


def check_numbers(farm, value, weights, story, end, relative=1e-9):
    """A finished training against the reference's weights, story and end."""
    equal(len(value["epochs"]), len(story), "epochs")
    for got, (loss, accuracy, test_loss, test_accuracy) in zip(value["epochs"], story):
        check("loss" not in got and "accuracy" not in got, f"nothing was evaluated: {got}")
        near(got["runningLoss"], loss, relative, f"running loss of epoch {got['epoch']}")
        if test_loss is not None:
            near(got["testLoss"], test_loss, relative, f"test loss of epoch {got['epoch']}")
        if "runningAccuracy" in got:
            near(got["runningAccuracy"], accuracy, 1e-12, f"accuracy of epoch {got['epoch']}")
        if "testAccuracy" in got:
            near(got["testAccuracy"], test_accuracy, 1e-12, f"of the test set: {got['epoch']}")
    near(value["loss"], end[0], relative, "loss with the weights that are saved")
    if "accuracy" in value:
        near(value["accuracy"], end[1], 1e-12, "accuracy with the weights that are saved")
    check("runningLoss" not in value, "the end has no running figures")
    got = doubles(farm.weights(value["jobId"]))
    equal(len(got), len(weights), "weights")
    size = max(map(abs, weights))
    for i, (one, wanted) in enumerate(zip(got, weights)):
        check(abs(one - wanted) <= relative * size, f"weight {i}: got {one!r}, wanted {wanted!r}")


@test
def digits_train_to_the_numbers_of_the_definition(farm):
    farm.start(workers=2)
    rows, labels = reference.table("digits.csv", "label", 0, 16)
    value = farm.run("train", DIGITS + "|epochs=3|batchSize=128|lr=0.1|csvLabel=first|seed=42")
    check_numbers(farm, value, *reference.train("logreg", rows, labels, batch=128, lr=0.1,
                                                epochs=3))
    equal(value["count"], 3 * len(rows), "rows trained on")
    value = farm.run("train", DIGITS + "|epochs=1|samples=1000|features=64|batchSize=300|lr=0.5")
    check_numbers(farm, value, *reference.train("logreg", rows[:1000], labels[:1000], batch=300,
                                                lr=0.5, epochs=1))
    equal((value["samples"], value["features"]), (1000, 64), "samples and features")
    value = farm.run("train", DIGITS + "|epochs=1|samples=100|batchSize=128|lr=0.1")
    check_numbers(farm, value, *reference.train("logreg", rows[:100], labels[:100], batch=128,
                                                lr=0.1, epochs=1))
    check(value["loss"] < 0.6, f"one step was done, though the loss is {value['loss']}")


@test
def other_data_and_models_train_to_the_numbers_of_the_definition(farm):
    farm.start(workers=2)
    rows, labels = reference.table("diabetes.csv", "progression", scale=400)
    value = farm.run("train", "model=linreg|dataRef=file:diabetes.csv|hasHeader=yes|csvLabel=last"
                     "|normalize=400|epochs=4|batchSize=50|lr=0.2")
    check_numbers(farm, value, *reference.train("linreg", rows, labels, batch=50, lr=0.2,
                                                epochs=4))
    check("accuracy" not in value, "a regression has no accuracy")
    rows, labels = reference.table("breast_cancer.csv", "benign", scale=1000)
    common = "dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign|normalize=1000"
    for model, lr in (("logreg", 2), ("linreg", 0.1)):
        value = farm.run("train", f"model={model}|{common}|epochs=4|batchSize=64|lr={lr}")
        check_numbers(farm, value, *reference.train(model, rows, labels, batch=64, lr=lr,
                                                    epochs=4))


@test
def a_test_set_is_evaluated_after_each_epoch(farm):
    farm.start(workers=2)
    rows, labels = reference.table("digits.csv", "label", 8, 16)
    with open(farm.path("data", "test.csv"), "w", encoding="ascii") as to:
        to.write("label," + ",".join(f"pixel{i}" for i in range(64)) + "\n")
        for x, y in zip(rows[1500:], labels[1500:]):
            to.write(",".join([str(8 if y else 1)] + [str(int(v * 16)) for v in x]) + "\n")
    value = farm.run("train", DIGITS.replace("zero", "8")
                     + "|samples=1500|epochs=4|lr=0.5|testRef=file:test.csv")
    check_numbers(farm, value, *reference.train(
        "logreg", rows[:1500], labels[:1500], batch=128, lr=0.5, epochs=4,
        test=(rows[1500:], labels[1500:])))
    equal(value["testAccuracy"], value["epochs"][-1]["testAccuracy"], "test accuracy")
    check(value["accuracy"] != value["testAccuracy"], "those of the training set are others")


@test
def patience_stops_early_and_keeps_the_best_weights(farm):
    farm.start(workers=2)
    value = farm.run("train", DIGITS + "|epochs=50|patience=3|minDelta=0.5|jobId=patient")
    equal((len(value["epochs"]), value["stopped"], value["bestEpoch"]), (4, "patience", 1),
          "epochs, why it stopped, the best one")
    short = farm.run("train", DIGITS + "|epochs=1|jobId=short")
    for name in ("loss", "accuracy", "precision", "recall", "f1", "auc"):
        equal(value[name], short[name], f"{name} is that of the best epoch's weights")
    check(farm.weights("patient") == farm.weights("short"), "the weights are not the best ones")
    farm.nothing_left("patient", "short")


@test
def async_ends_with_a_sensible_loss(farm):
    farm.start(workers=3, slots=2)
    sync = farm.run("train", DIGITS + "|epochs=10|batchSize=32")
    value = farm.run("train", DIGITS + "|epochs=10|batchSize=32|mode=async")
    equal(value["mode"], "async", "mode")
    equal((len(value["epochs"]), value["count"]), (10, 17970), "epochs and rows trained on")
    losses = [row["runningLoss"] for row in value["epochs"]]
    check(losses[-1] < losses[0], f"the loss falls: {losses}")
    check(value["loss"] < 1.5 * sync["loss"] + 0.01,
          f"loss {value['loss']} is far from sync's {sync['loss']}")
    check(value["accuracy"] > 0.98, f"accuracy {value['accuracy']}")
    check(value["stalenessMax"] >= value["stalenessMean"] >= 0, "the staleness seen is told")
    farm.nothing_left(value["jobId"])


@test
def sync_gives_the_same_bits_with_1_2_and_5_workers(farm):
    copy_of_digits(farm, 80)
    specs = {
        "one chunk a batch": DIGITS + "|epochs=3",
        "a task an epoch": DIGITS + "|epochs=20|patience=1000000|testRef=file:digits.csv",
        "several chunks a batch": BIG_BATCH + "|epochs=6",
        "one batch": BIG + "|batchSize=143760|epochs=4|testRef=file:big.csv",
    }
    farm.start(workers=1)
    bits, values = {}, {}
    for workers in (1, 2, 5):
        for i in range(len(farm.workers), workers):
            farm.worker(f"w{i + 1}")
        wait_for(lambda n=workers: farm.count("ZCARD", "workers") == n, "the workers register")
        for name, spec in specs.items():
            job = f"{name.replace(' ', '-')}-{workers}"
            value = farm.run("train", spec, "jobId=" + job)
            losses = [(row["runningLoss"], row.get("testLoss")) for row in value["epochs"]]
            losses.append([value[key] for key in ("loss", "accuracy", "precision", "f1", "auc")])
            if workers == 1:
                bits[name], values[name] = farm.weights(job), losses
            check(farm.weights(job) == bits[name], f"{name}, {workers} workers: other bits")
            equal(losses, values[name], f"losses of {name} with {workers} workers")


@test
def large_batches_are_computed_by_all_workers(farm):
    rows = copy_of_digits(farm, 80)
    farm.start(workers=3, options=["--alone"])  # as if each had a machine of its own
    value = farm.run("train", BIG_BATCH + "|epochs=40")
    equal(value["count"], 40 * rows, "rows trained on")
    equal(value["workers"], 3, "workers that handed in a result")
    check(max(row["workers"] for row in value["epochs"]) > 1, "workers of an epoch")
    check(value["tasks"]["total"] > 40 * 2 * 2, f"chunks are tasks: {value['tasks']}")


@test
def a_loss_that_is_no_number_fails_the_job_with_advice(farm):
    farm.start(workers=2)
    value = farm.run("train", "model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=last"
                     "|epochs=200|lr=5", code=1)
    matches(r"lr=5.*smaller lr|smaller lr.*lr=5", value["error"]["message"], "the sentence")
    equal(value["state"], "failed", "state")
    farm.nothing_left(value["jobId"])


@test
def a_resumed_training_continues_as_if_it_had_never_ended(farm):
    options = "|lr=0.05|optimizer=adam|shuffle=true|normalize=standard|bias=true|holdout=5|jobId="
    base = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true"
    farm.start(workers=2)
    farm.run("train", base + "|epochs=5" + options + "five")
    farm.run("train", base + "|epochs=3" + options + "three")
    value = farm.run("resume", "three", "epochs=2|continue=true|jobId=two")
    equal([epoch["epoch"] for epoch in value["epochs"]], [4, 5], "epochs of the second part")
    check(farm.weights("two") == farm.weights("five"), "the weights are not those of five epochs")
    other = farm.run("resume", "three", "continue=true|bias=false|jobId=other", code=2)
    matches("a model with a bias", other["error"]["message"], "why another model cannot go on")


@test
def every_mode_trains_through_the_queue(farm):
    farm.start(workers=2)
    base = "dataRef=file:digits.csv|hasHeader=true|normalize=standard|bias=true|holdout=5|"
    for options in ("mode=average|epochs=40|lr=0.2|batchSize=32", "mode=async|staleness=3|epochs=9|lr=0.1",
                    "optimizer=lbfgs|l2=0.01|epochs=30"):
        value = farm.run("train", base + "model=softmax|task=multiclass|" + options)
        check(value["testAccuracy"] > 0.92, f"{options}: accuracy {value['testAccuracy']}")
        equal(sum(map(sum, value["confusion"])), 359, f"{options}: rows of the confusion matrix")
        check(sum(row["redisMs"] for row in value["epochs"]) > 0, f"{options}: no time in Redis")
