"""Statistics of tables, predictions with trained models, and models for other programs."""
import csv
import json
import math
import os
import re

import reference
from dtqtest import DATA, TOP, check, equal, matches, near, test

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
DIABETES = ("model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=last|normalize=400"
            "|epochs=4|lr=0.2")


def read_csv(text):
    """The header, and rows of floats."""
    rows = list(csv.reader(text.splitlines()))
    return rows[0], [[float(cell) for cell in row] for row in rows[1:]]


def columns_of(name):
    with open(os.path.join(DATA, name), encoding="ascii", newline="") as source:
        rows = list(csv.reader(source))
    return {title: [float(row[i]) for row in rows[1:]] for i, title in enumerate(rows[0])}


@test
def statistics_are_exact_to_the_bit_for_any_number_of_workers(farm):
    farm.start(workers=1)
    columns = columns_of("diabetes.csv")
    first = farm.run("stats", "file:diabetes.csv")
    equal([column["name"] for column in first["columns"]], list(columns), "names in their order")
    for column in first["columns"]:
        values = columns[column["name"]]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((v - mean) ** 2 for v in values) / len(values)
        equal((column["count"], column["missing"]), (len(values), 0), "count and missing")
        equal((column["min"], column["max"]), (min(values), max(values)), "range")
        near(column["mean"], mean, 1e-12, f"mean of {column['name']}")
        near(column["variance"], variance, 1e-12, f"variance of {column['name']}")
        near(column["std"], math.sqrt(variance), 1e-12, f"deviation of {column['name']}")
    big = os.path.join(farm.path("data"), "big.csv")
    with open(big, "w", encoding="ascii") as to:
        to.writelines(f"{i % 10},{math.sin(i)!r},{i * 0.1!r}\n" for i in range(20000))
    wanted = farm.run("stats", "file:big.csv")["columns"]
    for name in ("w2", "w3"):
        farm.worker(name)
        equal(farm.run("stats", "file:big.csv")["columns"], wanted, f"with {name}")
    text = farm.dtq("stats", "file:diabetes.csv").out
    matches(r"(?m)^COLUMN +COUNT +MISSING +MEAN +STD +MIN +MAX$", text, "the table's head")
    matches(r"(?m)^bmi +442 +0 ", text, "a column's line")


@test
def empty_cells_are_counted_and_left_out(farm):
    farm.start(workers=2)
    with open(farm.path("data", "holes.csv"), "w", encoding="ascii") as to:
        to.write("y,a,b\n1,1,\n2,,4\n3,3,8\n4,5,\n")
    value = farm.run("stats", "file:holes.csv", "csvLabel=y")
    rows = {column["name"]: column for column in value["columns"]}
    equal(rows["y"].get("label"), True, "the label is marked")
    equal((rows["a"]["count"], rows["a"]["missing"], rows["a"]["mean"]), (3, 1, 3), "a")
    equal((rows["b"]["count"], rows["b"]["missing"], rows["b"]["variance"]), (2, 2, 4), "b")
    value = farm.run("stats", "file:holes.csv", "missing=zero")
    equal((value["columns"][2]["count"], value["columns"][2]["mean"]), (4, 3), "b with zeros")
    value = farm.run("stats", "file:holes.csv", "missing=refuse", code=1)
    matches(r"line 2, column 3.*empty", value["error"]["message"], "where a cell is empty")
    with open(farm.path("data", "bad.csv"), "w", encoding="ascii") as to:
        to.write("1,2,x\n3,4,5\n")
    value = farm.run("stats", "file:bad.csv", code=1)
    matches(r"bad\.csv line 1, column 3.*not a number", value["error"]["message"],
            "a bad first row is no header")
    value = farm.run("stats", "file:absent.csv", code=1)
    matches(r"absent\.csv", value["error"]["message"], "a file that is not there")


def python_scores(model, rows):
    """Scores and labels as docs/EXPORT.md defines them, without numpy."""
    norm, scores, labels = model["normalisation"], [], []
    bias = model["bias"] or [0.0] * len(model["weights"])
    for row in rows:
        x = [(v - o) * f for v, o, f in zip(row, norm["offset"], norm["factor"])]
        z = [math.fsum(w * v for w, v in zip(weights, x)) + b
             for weights, b in zip(model["weights"], bias)]
        if model["model"] == "linreg":
            scores.append(z)
            labels.append(z[0])
        else:
            equal(model["model"], "logreg", "model")
            scores.append([1 / (1 + math.exp(-z[0]))])
            labels.append(model["classes"][scores[-1][0] >= 0.5])
    return scores, labels


def documented_score():
    """The function of docs/EXPORT.md; None without numpy."""
    try:
        import numpy  # noqa: F401
    except ImportError:
        print("note: python3-numpy is not installed; only the scores without it are compared")
        return None
    with open(os.path.join(TOP, "docs", "EXPORT.md"), encoding="utf-8") as source:
        code = re.search(r"```python\n(import json\nimport numpy.*?)```", source.read(), re.S)
    check(code, "docs/EXPORT.md shows how to score")
    names = {}
    exec(compile(code.group(1), "docs/EXPORT.md", "exec"), names)
    return names["score"]


def check_model(farm, job, name, rows):
    """Predictions against the exported model, scored by others."""
    model = json.loads(farm.dtq("export", job).out)
    head, got = read_csv(farm.dtq("predict", job, "file:" + name).out)
    equal(head, ["row", "score", "label"], "columns of a prediction")
    equal([int(row[0]) for row in got], list(range(1, len(rows) + 1)), "rows in their order")
    scores, labels = python_scores(model, rows)
    for row, score, label in zip(got, scores, labels):
        near(row[1], score[0], 1e-9, f"score of row {row[0]:g}")
        near(row[2], label, 1e-9, f"label of row {row[0]:g}")
    score = documented_score()
    if score:
        scores, labels = score(model, rows)
        for row, one, label in zip(got, scores, labels):
            near(row[1], float(one), 1e-9, f"numpy's score of row {row[0]:g}")
            near(row[2], float(label), 1e-9, f"numpy's label of row {row[0]:g}")
    return model


@test
def an_exported_model_scores_as_predict_does(farm):
    farm.start(workers=2)
    rows, _ = reference.table("digits.csv", "label")
    farm.dtq("train", DIGITS + "|epochs=3|lr=0.5|jobId=digits", "--no-files")
    model = check_model(farm, "digits", "digits.csv", rows)
    equal((model["model"], model["features"], model["classes"]), ("logreg", 64, [0, 1]), "model")
    equal(model["normalisation"]["factor"], [1 / 16] * 64, "factors")
    equal(model["columns"], list(columns_of("digits.csv"))[1:], "names of the features")
    equal(model["label"], "label", "name of the label")
    rows, labels = reference.table("diabetes.csv", "progression")
    value = farm.run("train", DIABETES + "|jobId=sugar", "--no-files")
    model = check_model(farm, "sugar", "diabetes.csv", rows)
    equal(model["columns"] + [model["label"]], list(columns_of("diabetes.csv")), "names")
    value = farm.run("predict", "sugar", "file:diabetes.csv", "--out", "sugar.csv")
    _, got = read_csv(open(farm.path("sugar.csv"), encoding="ascii").read())
    rmse = math.sqrt(math.fsum((row[1] - y) ** 2 for row, y in zip(got, labels)) / len(labels))
    near(value["rmse"], rmse, 1e-12, "RMSE")
    equal((value["rows"], value["out"]), (442, "sugar.csv"), "summary")


@test
def a_model_of_classes_bias_and_normalised_columns_goes_elsewhere_whole(farm):
    farm.start(workers=2)
    rows, labels = reference.table("digits.csv", "label")
    value = farm.run("train", "model=softmax|task=multiclass|dataRef=file:digits.csv|hasHeader=true"
                     "|normalize=standard|bias=true|epochs=5|lr=0.3|jobId=s", "--no-files")
    model = json.loads(farm.dtq("export", "s").out)
    equal(model["classes"], list(range(10)), "classes")
    equal((len(model["weights"]), len(model["bias"])), (10, 10), "rows of weights and bias")
    stats = farm.run("stats", "file:digits.csv", "csvLabel=first")["columns"][1:]
    equal(model["normalisation"]["offset"], [column["mean"] for column in stats], "offsets")
    told = farm.run("predict", "s", "file:digits.csv")
    check(told["accuracy"] > 0.9, f"accuracy {told['accuracy']}")
    equal(sum(p["label"] == y for p, y in zip(told["predictions"], labels)) / len(labels),
          told["accuracy"], "accuracy")
    equal(told["accuracy"], value["accuracy"], "accuracy is that which the training ended with")
    head, _ = read_csv(farm.dtq("predict", "s", "file:digits.csv", "rows=3").out)
    equal(head, ["row"] + [f"score_{k}" for k in range(10)] + ["label"], "columns")
    score = documented_score()
    if score:
        scores, names = score(model, rows)
        for row, ours, label in zip(told["predictions"], scores, names):
            check(max(abs(a - b) for a, b in zip(row["scores"], ours)) < 1e-12, f"row {row}")
            equal(row["label"], int(label), f"label of row {row['row']}")
    matches("no softmax", farm.dtq("export", "s", "--format", "vw", code=2).err, "vw")


@test
def all_formats_of_a_model_say_the_same(farm):
    farm.start(workers=1)
    farm.dtq("train", DIABETES + "|jobId=m", "--no-files")
    model = json.loads(farm.dtq("export", "m", "--format", "json").out)
    raw = [w * f for w, f in zip(model["weights"][0], model["normalisation"]["factor"])]
    value = json.loads(farm.dtq("export", "m", "--format", "sklearn-json").out)
    equal(value["class"], "LinearRegression", "class")
    for got, wanted in zip(value["coef_"], raw, strict=True):
        near(got, wanted, 1e-14, "coef_")
    lines = list(csv.reader(farm.dtq("export", "m", "--format", "csv").out.splitlines()))
    equal(lines[0], ["column", "offset", "factor", "weight"], "head of the CSV")
    equal([float(line[3]) for line in lines[1:-1]], model["weights"][0], "weights in the CSV")
    equal(lines[-1], ["(bias)", "0", "1", "0"], "bias in the CSV")
    farm.dtq("export", "m", "--format", "vw", "--out", "m.vw")
    text = open(farm.path("m.vw"), encoding="ascii").read()
    weights = dict(re.findall(r"(?m)^(\d+):(\S+)$", text))
    for i, wanted in enumerate(raw):
        near(float(weights.get(str(i + 1), 0)), wanted, 1e-14, f"VW's weight {i + 1}")
    matches("onnx.*json csv vw", farm.dtq("export", "m", "--format", "onnx", code=2).err, "format")


@test
def a_table_without_labels_is_predicted_and_one_of_other_columns_refused(farm):
    farm.start(workers=2)
    farm.dtq("train", DIGITS + "|epochs=3|lr=0.5|jobId=t", "--no-files")
    rows, labels = reference.table("digits.csv", "label", 0)
    with open(farm.path("data", "new.csv"), "w", encoding="ascii") as to:
        to.writelines(",".join(f"{v:g}" for v in row) + "\n" for row in rows[:50])
    with open(farm.path("data", "less.csv"), "w", encoding="ascii") as to:
        to.writelines(",".join(f"{v:g}" for v in row[:60]) + "\n" for row in rows[:50])
    whole = farm.run("predict", "t", "file:digits.csv")
    accuracy = sum(p["label"] == y for p, y in zip(whole["predictions"], labels)) / len(labels)
    near(whole["accuracy"], accuracy, 1e-12, "accuracy")
    value = farm.run("predict", "t", "file:new.csv", "hasHeader=false")
    check("accuracy" not in value, "no labels, no accuracy")
    equal(value["predictions"], whole["predictions"][:50], "the same rows")
    value = farm.run("predict", "t", "file:digits.csv", "skip=10", "rows=5")
    equal(value["predictions"], whole["predictions"][10:15], "a part")
    value = farm.run("predict", "t", "file:less.csv", "hasHeader=false", code=1)
    matches(r"60 columns.*64 features", value["error"]["message"], "other columns")
    job = farm.submit("predict", "t", "file:digits.csv", "jobId=later")
    farm.dtq("wait", job)
    equal(farm.run("predict", job)["predictions"], whole["predictions"], "fetched later")
    params = farm.run("job", job)["params"]
    check("dataRef" in params and not {"label", "scaled", "scale", "positive"} & set(params),
          f"what dtq predict sets is not shown: {params}")
    text = farm.dtq("predict", "--help").out
    check("skip" in text and "positive" not in text, "nor offered")
    equal(farm.run("predict", job)["predictions"], whole["predictions"], "and once more")
    matches("is a sum", farm.dtq("predict", farm.submit("sum", "1|2"), "file:new.csv", code=2).err,
            "a sum is no model")
    matches("file:new.csv", farm.dtq("predict", "t", code=2).err, "what is lacking")
    matches("nobody", farm.dtq("export", "nobody", code=2).err, "no such job")


@test
def a_long_table_is_predicted_in_parts_and_leaves_nothing_in_redis(farm):
    farm.start(workers=2)
    rows = (1 << 25) // 32 + 5000  # more than one job tells of: score, label, and two to rank them by
    with open(farm.path("data", "long.csv"), "w", encoding="ascii") as to:
        to.writelines(f"{int((i % 9 > 4) != (i % 7 == 0))},{i % 9}\n" for i in range(rows))
    with open(farm.path("data", "short.csv"), "w", encoding="ascii") as to:
        to.writelines(f"{int((i % 9 > 4) != (i % 7 == 0))},{i % 9}\n" for i in range(90))
    trained = farm.run("train", "model=logreg|dataRef=file:short.csv|testRef=file:long.csv|bias=true"
                       "|epochs=50|lr=0.1|jobId=half", "--no-files")
    value = farm.run("predict", "half", "file:long.csv", "--out", "long.out")
    equal(value["rows"], rows, "rows")
    for name in ("loss", "accuracy", "precision", "recall", "f1", "auc"):
        near(value[name], trained["test" + name[0].upper() + name[1:]], 1e-10, f"{name} of all rows")
    with open(farm.path("long.out"), encoding="ascii") as source:
        equal(source.readline(), "row,score,label\n", "head")
        table = {}
        for i, line in enumerate(source):
            number, score, _ = line.split(",")
            check(int(number) == i + 1, f"line {i + 1} is of row {number}")
            check(table.setdefault(i % 9, score) == score, f"score of row {number}")
    equal(i + 1, rows, "lines")
    equal([key for key in farm.keys("job:*") if key.endswith(":history")
           and not key.startswith("job:half")], [], "pages in Redis")
