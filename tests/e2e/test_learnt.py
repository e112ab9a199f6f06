"""What was learnt from the rows trained on belongs to the model: names of columns, means for empty
cells, normalisation, labels; in test sets, predictions, resumed trainings and exports."""
import json
import math
import os

from dtqtest import DATA, check, equal, matches, near, test
from test_models import documented_score

# What scikit-learn 1.2 says of HOLES: SimpleImputer, StandardScaler and
# LogisticRegression(C=1/(0.1*rows)) in a pipeline, of all rows, and without rows 4 and 8.
HOLES = "y,a,b\n0,1,10\n0,2,\n1,3,30\n0,,20\n1,5,20\n1,6,\n1,2,35\n0,,5\n"
SCORES = [0.4431375964678866, 1.0, 0.46811922072969375]
HELD_SCORES = [0.6734777073130086, 1.0, 0.6952767274112538]
HELD_LOSS = 0.5711159544926856
PIPELINE = ("model=logreg|dataRef=file:holes.csv|hasHeader=true|missing=mean|normalize=standard|bias=true"
            "|optimizer=lbfgs|l2=0.1|epochs=200|tol=1e-12")


def write(farm, name, text):
    with open(farm.path("data", name), "w", encoding="ascii") as to:
        to.write(text)


def reorder(text, order):
    """The table with its columns in another order."""
    lines = [line.split(",") for line in text.splitlines()]
    places = [lines[0].index(name) for name in order]
    return "".join(",".join(line[i] for i in places) + "\n" for line in lines)


def table(first, rows):
    """Rows of y, a, b and c by one formula."""
    lines = ["y,a,b,c\n"]
    for r in range(first, first + rows):
        a, b, c = r * 7 % 11 - 5, r * 5 % 13 * 10, r * 3 % 17 / 4
        lines.append(f"{int(a * 10 + b + r % 3 * 9 > 60)},{a},{b},{c:g}\n")
    return "".join(lines)


def scores(value):
    return [row["score"] for row in value["predictions"]]


@test
def columns_are_matched_by_their_names(farm):
    farm.start(workers=2)
    write(farm, "train.csv", table(0, 60))
    write(farm, "test.csv", table(60, 40))
    for order in ("cbya", "abcy", "bca"):
        write(farm, order + ".csv", reorder(table(60, 40), order))
    base = "model=logreg|dataRef=file:train.csv|hasHeader=true|normalize=standard|epochs=5|batchSize=16|lr=0.5"
    right = farm.run("train", base + "|testRef=file:test.csv|jobId=m")
    other = farm.run("train", base + "|testRef=file:cbya.csv")
    for name in ("testLoss", "testAccuracy", "testAuc"):
        equal(other[name], right[name], name)
    wanted = farm.run("predict", "m", "file:test.csv")
    for name in ("cbya", "abcy", "bca"):
        value = farm.run("predict", "m", f"file:{name}.csv")
        equal(value["predictions"], wanted["predictions"], f"rows of {name}.csv")
        equal("accuracy" in value, name != "bca", "whether there are labels to compare with")
    write(farm, "other.csv", "a,b,d\n1,2,3\n")
    value = farm.run("predict", "m", "file:other.csv", code=1)
    matches(r'missing "c"; unknown "d"', value["error"]["message"], "both lists")
    value = farm.run("train", base + "|testRef=file:other.csv", code=1)
    matches(r'missing "y", "c"; unknown "d"', value["error"]["message"], "both lists")
    # Without names the count decides, and that is said; whether there is a header is found out.
    write(farm, "plain.csv", table(60, 40).split("\n", 1)[1])
    for more in ([], ["hasHeader=false"]):
        value = farm.run("predict", "m", "file:plain.csv", *more)
        equal(value["predictions"], wanted["predictions"], "rows of plain.csv")
        matches("plain.csv are matched by position", value["warnings"][0], "the warning")
    matches("warning: columns of plain.csv", farm.dtq("predict", "m", "file:plain.csv").err, "it is shown")
    check("warnings" not in wanted, "nothing to warn of")


@test
def means_are_learnt_from_the_rows_trained_on_and_no_others(farm):
    farm.start(workers=2)
    write(farm, "holes.csv", HOLES)
    write(farm, "new.csv", "b,a\n,3\n1000,\n,\n")
    farm.run("train", PIPELINE + "|jobId=all")
    held = farm.run("train", PIPELINE + "|holdout=4|jobId=held")
    near(held["testLoss"], HELD_LOSS, 1e-9, "loss of the rows held back")
    for job, wanted in (("all", SCORES), ("held", HELD_SCORES)):
        got = scores(farm.run("predict", job, "file:new.csv"))
        for one, right in zip(got, wanted, strict=True):
            near(one, right, 1e-9, f"a score of {job}")
        # A row by itself, and among others: the same score.
        write(farm, "one.csv", "a,b\n3,\n")
        equal(scores(farm.run("predict", job, "file:one.csv")), got[:1], "a row alone")
    model = json.loads(farm.dtq("export", "held").out)
    equal(model["fill"], [19 / 6, 23.75], "means")
    score = documented_score()
    if score:
        got = farm.run("predict", "held", "file:new.csv")["predictions"]
        ours, labels = score(model, [[3, math.nan], [math.nan, 1000], [math.nan, math.nan]])
        for row, one, label in zip(got, ours, labels, strict=True):
            near(row["score"], float(one), 1e-12, "the score by docs/EXPORT.md")
            equal(row["label"], int(label), "the label")
    matches("missing=mean", farm.dtq("export", "held", "--format", "vw", code=2).err, "VW cannot say it")
    # What was learnt with zeros, or without empty cells, stays so.
    farm.run("train", PIPELINE.replace("=mean", "=zero") + "|jobId=zero")
    equal(json.loads(farm.dtq("export", "zero").out)["fill"], [0, 0], "zeros")
    farm.run("predict", "zero", "file:new.csv")
    matches("no means", farm.run("predict", "zero", "file:new.csv", "missing=mean", code=2)["error"]["message"],
            "means that nobody learnt")
    write(farm, "full.csv", "\n".join(line for line in HOLES.split("\n") if ",," not in line
                                       and not line.endswith(",")))
    farm.run("train", PIPELINE.replace("holes", "full").replace("missing=mean|", "") + "|jobId=full")
    matches("empty", farm.run("predict", "full", "file:new.csv", code=1)["error"]["message"], "still refused")
    write(farm, "holes.csv", "y,a,b\n0,1,\n1,2,\n0,3,5\n")
    value = farm.run("train", PIPELINE + "|samples=2", code=1)
    matches(r"column 2 of the features \(b\) is empty in all of the 2 rows trained on",
            value["error"]["message"], "a column without a mean")


@test
def a_resumed_training_keeps_what_its_weights_stand_on(farm):
    farm.start(workers=2)
    write(farm, "train.csv", table(0, 60))
    write(farm, "test.csv", table(60, 40))
    lines = reorder(table(7, 20), "cbya").splitlines()
    large = [",".join(cell if i == 2 else f"{float(cell) * 50:g}" for i, cell in enumerate(line.split(",")))
             for line in lines[1:]]
    write(farm, "large.csv", "\n".join([lines[0]] + large) + "\n")
    first = farm.run("train", "model=logreg|dataRef=file:train.csv|testRef=file:test.csv|hasHeader=true"
                     "|normalize=standard|epochs=9|lr=0.5|batchSize=16|jobId=first")
    still = "|lr=1e-12|epochs=1|jobId="
    second = farm.run("resume", "first", "dataRef=file:large.csv" + still + "second")
    third = farm.run("resume", "second", still[1:] + "third", "testRef=file:test.csv")
    for value in (second, third):
        near(value["testLoss"], first["testLoss"], 1e-9, "loss of the same weights")
        equal(value["testAccuracy"], first["testAccuracy"], "accuracy of the same weights")
    models = [json.loads(farm.dtq("export", job).out) for job in ("first", "third")]
    equal(models[1]["normalisation"], models[0]["normalisation"], "normalisation")
    equal(models[1]["columns"], ["a", "b", "c"], "columns")
    # From nothing: its own normalisation, and nothing kept.
    farm.run("resume", "first", "dataRef=file:large.csv|testRef=file:test.csv|csvLabel=y|init=zeros|jobId=anew")
    model = json.loads(farm.dtq("export", "anew").out)
    check(model["normalisation"] != models[0]["normalisation"], "init=zeros learns its own normalisation")
    equal(model["columns"], ["c", "b", "a"], "and has columns as they stand")
    for change, sentence in (("normalize=minmax", "with normalize=standard"), ("model=linreg", "of a logreg"),
                             ("task=binary_is_zero", "label 1"), ("bias=true", "without a bias")):
        value = farm.run("resume", "first", change, code=2)
        matches(sentence, value["error"]["message"], change)
    farm.nothing_left("third")


@test
def labels_that_the_former_training_did_not_learn_are_refused(farm):
    farm.start(workers=2)
    write(farm, "three.csv", "y,a\n1,1\n2,4\n5,9\n1,2\n")
    write(farm, "two.csv", "y,a\n5,3\n1,2\n")
    write(farm, "four.csv", "y,a\n5,3\n7,2\n")
    base = "model=softmax|hasHeader=true|bias=true|lr=0.1|epochs=3|dataRef=file:"
    farm.run("train", base + "three.csv|jobId=first")
    value = farm.run("resume", "first", "dataRef=file:two.csv|jobId=next")
    equal(value["classes"], [1, 2, 5], "classes of the former")
    equal(json.loads(farm.dtq("export", "next").out)["classes"], [1, 2, 5], "and of the model")
    value = farm.run("resume", "first", "dataRef=file:four.csv", code=1)
    matches(r"four.csv, row 2: label 7, which the former job did not learn", value["error"]["message"], "label")
    value = farm.run("predict", "first", "file:four.csv")
    check("accuracy" not in value, "no figures with a label that the model does not know")
    matches("label 7", value["warnings"][0], "and the reason")


def check_figures(farm, options, name, figures):
    """A prediction of a test set has the figures that the training had of it."""
    trained = farm.run("train", options)
    value = farm.run("predict", trained["jobId"], "file:" + name, "--out", "rows.csv")
    for figure in figures:
        near(value[figure], trained["test" + figure[0].upper() + figure[1:]], 1e-12, f"{options}: {figure}")
    return value


@test
def a_prediction_has_the_figures_of_a_test_set(farm):
    farm.start(workers=2)
    rows = list(open(os.path.join(DATA, "digits.csv"), encoding="ascii"))
    write(farm, "train.csv", "".join(rows[:1200]))
    write(farm, "test.csv", rows[0] + "".join(rows[1200:]))
    base = "|dataRef=file:train.csv|testRef=file:test.csv|hasHeader=true|normalize=16|bias=true|epochs=3|lr=0.3"
    binary = ("loss", "accuracy", "precision", "recall", "f1", "auc")
    check_figures(farm, "model=logreg|task=binary_is_three" + base, "test.csv", binary)
    value = check_figures(farm, "model=softmax" + base, "test.csv", binary[:5])
    equal(sum(map(sum, value["confusion"])), value["rows"], "rows of the confusion matrix")
    check_figures(farm, "model=linreg" + base.replace("lr=0.3", "lr=0.01"), "test.csv",
                  ("loss", "rmse", "mae", "r2"))
    text = farm.dtq("predict", farm.run("train", "model=logreg|task=binary_is_three" + base)["jobId"],
                    "file:test.csv").err
    matches(r"598 rows, loss 0\.\d+, accuracy 0\.\d+, precision \S+, recall \S+, F1 \S+, AUC 0\.\d+", text,
            "the sentence")
