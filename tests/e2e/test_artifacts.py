"""The files of a training, and its pictures, held against what Redis holds."""
import csv
import os
import struct
import xml.etree.ElementTree

from dtqtest import DATA, QUEUE, check, equal, matches, near, test, wait_for
from pngfile import Picture

DIGITS = "model=logreg|task=binary_is_zero|dataRef=file:digits.csv|hasHeader=true|normalize=16"
CANCER = "model=logreg|dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign|normalize=1000"
EPOCHS = "timestamp,jobId,epoch,runningLoss,runningAccuracy,durationMs,throughput,workers,mode"
MORE = ",computeMs,waitMs,redisMs,lr"  # of one without a test set
SUMMARY = ("timestamp,jobId,wallMs,throughput,workers,mode,loss,accuracy,testLoss,testAccuracy,"
           "training")
SPEEDUP = "timestamp,jobId,workers,mode,wallMs,params,training,cores"
OLD_SPEEDUP = "timestamp,jobId,workers,mode,wallMs"
STAMP = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
SYNC, ASYNC = (0x00, 0x72, 0xb2), (0xd5, 0x5e, 0x00)  # the first two colours of series


def lines_of(*path):
    with open(os.path.join(*path), encoding="ascii") as source:
        text = source.read()
    check(text.endswith("\n"), f"{path[-1]} does not end with a whole line")
    return text.splitlines()


def write(path, *lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as to:
        to.write("\n".join(lines) + "\n")


def numbers_of(*path):
    """The one line of numbers of a file of weights, as their bytes."""
    cells = lines_of(*path)
    equal(len(cells), 1, f"lines of {path[-1]}")
    numbers = [float(cell) for cell in cells[0].split(",")]
    return struct.pack(f"<{len(numbers)}d", *numbers)


def history(farm, job):
    cells = farm.redis("HGETALL", f"{QUEUE}job:{job}:history")
    return {int(number): data for number, data in zip(cells[::2], cells[1::2])}


@test
def a_training_writes_its_files_and_says_so(farm):
    farm.start(workers=2)
    farm.dtq("train", DIGITS + "|epochs=3|jobId=few")
    check(not os.path.exists(farm.path("logs/few_epoch001_weights.csv")),
          "weights of epochs that nobody asked for")
    reply = farm.dtq("train", DIGITS + "|epochs=12|jobId=whole", "--json", "--epoch-weights")
    value = reply.json
    for name in ("logs/whole_epochs.csv", "logs/whole_epoch001_weights.csv",
                 "logs/whole_epoch012_weights.csv", "logs/job_summaries.csv", "logs/speedup.csv",
                 "weights_whole.csv", "weights_whole.png"):
        check(name in reply.err, f"{name} is not named in {reply.err!r}")
        check(os.path.isfile(farm.path(name)), f"{name} is not there")
    rows = lines_of(farm.path("logs/whole_epochs.csv"))
    equal(rows[0], EPOCHS + MORE, "header")
    equal(len(rows), 13, "lines of epochs")
    for row, epoch in zip(rows[1:], value["epochs"]):
        cells = dict(zip(rows[0].split(","), row.split(",")))
        matches(f"^{STAMP}$", cells["timestamp"], "time")
        equal((cells["jobId"], int(cells["epoch"]), cells["mode"]),
              ("whole", epoch["epoch"], "sync"), "whose line it is")
        for name in ("runningLoss", "runningAccuracy", "lr"):
            near(float(cells[name]), epoch[name], 1e-14, name)
        for name in ("durationMs", "throughput", "workers", "computeMs"):
            near(float(cells[name]), epoch[name], 1e-9, name)
    kept = history(farm, "whole")
    equal(sorted(kept), list(range(1, 13)), "epochs whose weights are kept")
    for epoch, data in kept.items():
        equal(numbers_of(farm.path(f"logs/whole_epoch{epoch:03d}_weights.csv")), data,
              f"weights of epoch {epoch}")
    equal(kept[12], farm.weights("whole"), "the last epoch's weights are the job's")
    equal(numbers_of(farm.path("weights_whole.csv")), farm.weights("whole"), "weights")
    summary = lines_of(farm.path("logs/job_summaries.csv"))
    equal(summary[0], SUMMARY, "header of job_summaries.csv")
    cells = dict(zip(SUMMARY.split(","), next(csv.reader(summary[2:3]))))
    words = "logreg on digits.csv, binary_is_zero, 12 epochs, lr 0.1, batch 128, normalize 16"
    workers = max(epoch["workers"] for epoch in value["epochs"])
    equal((cells["jobId"], cells["wallMs"], cells["workers"], cells["mode"], cells["training"]),
          ("whole", str(value["wallMs"]), str(workers), "sync", words), "job")
    for name in ("loss", "accuracy"):
        near(float(cells[name]), value[name], 1e-14, name)
    equal((cells["testLoss"], cells["testAccuracy"]), ("", ""), "there is no test set")
    speedup = lines_of(farm.path("logs/speedup.csv"))
    equal(speedup[0], SPEEDUP, "header of speedup.csv")
    matches(f'^{STAMP},whole,{workers},sync,{value["wallMs"]},p[0-9a-f]{{16}},"{words}",$',
            speedup[2], "run")


@test
def equal_parameters_have_equal_digests_and_others_have_not(farm):
    farm.start(workers=1)
    write(farm.path("logs/job_summaries.csv"), "timestamp,jobId,wallMs,throughput,workers,mode",
          "t,J0,1,1,1,sync")
    write(farm.path("logs/speedup.csv"), OLD_SPEEDUP, "t,J0,1,sync,5")
    for job, more in (("a", ""), ("b", ""), ("c", "|mode=async"), ("d", "|lr=0.2"),
                      ("e", "|holdout=5")):
        farm.dtq("train", f"{DIGITS}|jobId={job}{more}")
    with open(farm.path("logs/speedup.csv"), encoding="ascii") as source:
        rows = {row["jobId"]: row for row in csv.DictReader(source)}
    digest = {job: rows[job]["params"] for job in rows}
    equal((digest["b"], digest["c"]), (digest["a"], digest["a"]), "the same but for id and mode")
    equal(len({digest[job] for job in "ade"}), 3, "different trainings")
    equal((rows["J0"]["wallMs"], digest["J0"]), ("5", ""), "a line of an earlier version")
    with open(farm.path("logs/job_summaries.csv"), encoding="ascii") as source:
        rows = {row["jobId"]: row for row in csv.DictReader(source)}
    check(0 < float(rows["e"]["testLoss"]) and 0.5 < float(rows["e"]["testAccuracy"]) <= 1,
          f"metrics of the test set: {rows['e']}")
    equal(rows["J0"]["loss"], "", "a line of an earlier version")


@test
def a_chart_of_speedups_shows_what_was_measured(farm):
    write(farm.path("logs/speedup.csv"), SPEEDUP, "t,J13,2,sync,27,p1,logreg on a.csv,",
          "t,myrun2,2,sync,8,p2,logreg on b.csv,")
    reply = farm.dtq("plot", "--format", "svg")
    equal(reply.out, "logs/sync_async.svg\n", "wall times alone")
    matches("no speedup is drawn: none of these trainings ran on one worker", reply.err, "why")
    with open(farm.path("logs/sync_async.svg"), encoding="utf-8") as source:
        text = source.read()
    for told in (">27<", ">8<", ">sync, J13<", ">sync, myrun2<"):
        check(told in text, f"{told} is not drawn")
    check(">17.5<" not in text, "a median of different trainings")
    write(farm.path("logs/speedup.csv"), OLD_SPEEDUP, "t,J1,1,sync,50", "t,J2,2,sync,27",
          "t,J3,64,sync,5", "t,J4,1,async,100")
    reply = farm.dtq("plot", "--format", "svg")
    with open(farm.path("logs/sync_async.svg"), encoding="utf-8") as source:
        check("not drawn" not in source.read(), "what never ran counts as a bad value")


@test
def weights_of_an_epoch_are_those_of_a_job_that_ended_there(farm):
    farm.start(workers=2)
    farm.dtq("train", DIGITS + "|epochs=5|jobId=long", "--epoch-weights")
    farm.dtq("train", DIGITS + "|epochs=3|jobId=short", "--no-files")
    equal(history(farm, "long")[3], farm.weights("short"), "weights after epoch 3")
    check(not os.path.exists(farm.path("weights_short.csv")), "--no-files wrote files")
    farm.dtq("train", DIGITS + "|epochs=2|jobId=rest|init=weights|wFile="
             + farm.path("logs/long_epoch003_weights.csv"))
    equal(farm.weights("rest"), farm.weights("long"), "epoch 3 and two more")
    ttl = farm.redis("PTTL", f"{QUEUE}job:long:history")
    check(0 < ttl <= 7 * 86400000, f"the weights of epochs expire in {ttl} ms")


@test
def files_are_written_again_at_any_time_and_shared_lines_stand_once(farm):
    farm.start(workers=2)
    job = farm.submit("train", DIGITS + "|epochs=4|testRef=file:digits.csv")
    waiting = [farm.dtq_start("wait", job) for _ in range(3)]
    equal([one.wait(60) for one in waiting], [0, 0, 0], "three producers wait for one job")
    reply = farm.dtq("artifacts", job)
    check("weights_J1.png" in reply.out.split("\n"), f"the paths are printed: {reply.out!r}")
    check("logs/J1_roc.png" in reply.out.split("\n"), f"pictures, too: {reply.out!r}")
    value = farm.run("artifacts", job)
    equal(len(value["files"]), 5 + 3, "files")
    equal(len(farm.run("artifacts", job, "--epoch-weights")["files"]), 4 + 5 + 3, "and by epoch")
    equal(len(lines_of(farm.path("logs/job_summaries.csv"))), 2, "lines of job_summaries.csv")
    equal(len(lines_of(farm.path("logs/speedup.csv"))), 2, "lines of speedup.csv")
    rows = lines_of(farm.path("logs", f"{job}_epochs.csv"))
    check(rows[0].startswith(EPOCHS + ",testLoss,testAccuracy,testPrecision,"), f"with a test set: {rows[0]}")
    equal(len(rows), 5, "lines of epochs with a test set")
    os.remove(farm.path("weights_J1.csv"))
    for epoch in (3, 5):
        write(farm.path(f"logs/{job}_epoch{epoch:03d}_weights.csv"), "1,2,3")
    os.utime(farm.path(f"logs/{job}_epoch003_weights.csv"), (10**9, 10**9))
    farm.dtq("artifacts", job)
    check(os.path.exists(farm.path(f"weights_{job}.csv")), "a removed file is written anew")
    left = [epoch for epoch in range(1, 7)
            if os.path.exists(farm.path(f"logs/{job}_epoch{epoch:03d}_weights.csv"))]
    equal(left, [1, 2, 4], "epochs of an earlier job of this name are gone, its own are left")
    matches(r"J2 is a sum; only trainings", farm.dtq("artifacts", farm.submit("sum", "1|2"),
                                                     code=None).err, "files of a sum")
    matches(r'no job "nobody"', farm.dtq("artifacts", "nobody", code=2).err, "an unknown job")


@test
def a_failed_training_leaves_no_line_in_the_shared_logs(farm):
    farm.start(workers=1)
    farm.dtq("train", DIGITS.replace("digits", "absent") + "|jobId=bad", code=1)
    check(not os.path.exists(farm.path("logs/speedup.csv")), "a failed run stands in speedup.csv")
    matches("bad is failed and came to the end of no epoch",
            farm.dtq("artifacts", "bad", code=1).err, "its files")
    reply = farm.dtq("train", DIGITS + "|w=1,2,3|jobId=unfit", code=1)
    check("wrote" not in reply.err and not os.path.exists(farm.path("weights_unfit.csv")),
          f"weights that did not fit are no result: {reply.err}")
    farm.dtq("sum", "1|2", "jobId=sum")
    matches("only trainings have files", farm.dtq("artifacts", "sum", code=2).err, "a sum's files")


@test
def files_go_where_dir_and_dtq_out_say(farm):
    farm.start(workers=1)
    farm.dtq("train", DIGITS + "|jobId=a", "--dir", farm.path("one/deep"))
    check(os.path.exists(farm.path("one/deep/logs/a_epochs.csv")), "--dir")
    farm.dtq("artifacts", "a", env=dict(farm.env, DTQ_OUT=farm.path("two")))
    check(os.path.exists(farm.path("two/weights_a.csv")), "DTQ_OUT")
    check(not os.path.exists(farm.path("logs", "a_epochs.csv")), "the working folder is left alone")
    write(farm.path("blocked/logs"), "no folder")
    reply = farm.dtq("train", DIGITS + "|jobId=b", "--dir", farm.path("blocked"), code=1)
    matches(r"blocked/logs is not a folder.*dtq artifacts b --dir DIR", reply.err, "why")
    check("loss" in reply.out, "the result is printed all the same")
    matches("not a folder", farm.dtq("artifacts", "b", "--dir", farm.path("blocked"), code=2).err,
            "artifacts says it, too")
    farm.dtq("artifacts", "b", "--dir", farm.path("free"))


@test
def weights_that_are_an_image_are_drawn_around_a_white_zero(farm):
    farm.start(workers=1)
    farm.dtq("train", DIGITS + "|epochs=9|jobId=zero")
    weights = struct.unpack("<64d", farm.weights("zero"))
    picture = Picture(farm.path("weights_zero.png"))
    side = picture.width // 8
    equal((picture.width, picture.height), (8 * side, 8 * side), "size")
    check(side >= 16, f"a weight is {side} pixels wide: too small to be seen")
    for i, weight in enumerate(weights):
        pixel = picture.at(i % 8 * side + side // 2, i // 8 * side + side // 2)
        if weight == 0:
            equal(pixel, (255, 255, 255), f"colour of weight {i}, which is 0")
        elif abs(weight) > max(map(abs, weights)) / 20:
            check((pixel[0] > pixel[2]) == (weight > 0), f"{pixel} of weight {i}, {weight}")
    strongest = max(range(64), key=lambda i: abs(weights[i]))
    darkest = min(range(64), key=lambda i: sum(picture.at(i % 8 * side, i // 8 * side)))
    equal(darkest, strongest, "the strongest weight has the darkest colour")
    farm.dtq("artifacts", "zero", "--gray")
    picture = Picture(farm.path("weights_zero.png"))
    for i, level in ((weights.index(min(weights)), 0), (weights.index(max(weights)), 255)):
        equal(picture.at(i % 8 * side, i // 8 * side), (level,) * 3, f"gray of weight {i}")


@test
def a_width_makes_an_image_of_any_number_of_weights(farm):
    farm.start(workers=1)
    farm.dtq("train", CANCER + "|jobId=thirty")
    check(not os.path.exists(farm.path("weights_thirty.png")), "30 weights are no square")
    farm.dtq("artifacts", "thirty", "--width", "6")
    picture = Picture(farm.path("weights_thirty.png"))
    equal(picture.width * 5, picture.height * 6, "6 weights by 5")
    matches(r"30", farm.dtq("artifacts", "thirty", "--width", "7", code=2).err, "7 by 30")


@test
def a_roc_curve_is_that_of_the_scores(farm):
    farm.start(workers=2)
    farm.run("train", DIGITS.replace("zero", "eight") + "|epochs=6|lr=0.3|holdout=3|jobId=eight")
    header, *rows = [line.split(",") for line in
                     farm.dtq("predict", "eight", "file:digits.csv").out.splitlines()]
    equal(header, ["row", "score", "label"], "columns of the scores")
    with open(os.path.join(DATA, "digits.csv"), encoding="ascii") as source:
        labels = [line.split(",")[0] == "8" for line in source.read().splitlines()[1:]]
    scores = [(float(row[1]), labels[i]) for i, row in enumerate(rows) if i % 3 == 2]
    data = farm.redis("GET", f"{QUEUE}job:eight:roc")
    points = struct.unpack(f"<{len(data) // 8}d", data)
    points = list(zip(points[::2], points[1::2]))
    positive = sum(label for _, label in scores)
    equal(points[-1], (len(scores) - positive, positive), "the last point counts all rows")
    exact = {(sum(s >= score and not y for s, y in scores), sum(s >= score and y for s, y in scores))
             for score, _ in scores}
    check(set(points) <= exact, "points that no threshold gives")
    area, before = 0, (0, 0)
    for point in points:
        area += (point[0] - before[0]) * (point[1] + before[1]) / 2
        before = point
    near(area / positive / (len(scores) - positive), farm.run("result", "eight")["testAuc"], 1e-9,
         "area under few corners")
    check(0 < farm.redis("PTTL", f"{QUEUE}job:eight:roc") <= 7 * 86400000, "it expires")
    equal(farm.dtq("plot", "eight", "--format", "svg").out,
          "logs/eight_curves.svg\nlogs/eight_roc.svg\nlogs/eight_weights.svg\n", "what is drawn")
    with open(farm.path("logs/eight_roc.svg"), encoding="utf-8") as source:
        text = source.read()
    check(f">{len(scores)} rows of the test set<" in text, "the rows are told")
    check(f"AUC {farm.run('result', 'eight')['testAuc']:.4f}<" in text, "the AUC is told")
    farm.dtq("plot", "eight")
    check(len(Picture(farm.path("logs/eight_roc.png")).places(SYNC)) > 500, "no line is drawn")
    farm.redis("SET", f"{QUEUE}job:eight:roc", data[:-8] + struct.pack("<d", -1))
    matches("the ROC curve of job eight is damaged", farm.dtq("plot", "eight", code=2).err, "why")
    farm.redis("DEL", f"{QUEUE}job:eight:roc")
    reply = farm.dtq("plot", "eight")
    equal(reply.out, "logs/eight_curves.png\nlogs/eight_weights.png\n", "without a curve")
    matches("job eight has no ROC curve: ", reply.err, "why")


@test
def a_confusion_matrix_is_that_of_the_predictions_of_the_best_weights(farm):
    farm.start(workers=2)
    value = farm.run("train", "model=softmax|dataRef=file:digits.csv|hasHeader=true|normalize=16|"
                     "epochs=30|lr=0.5|holdout=4|patience=2|minDelta=0.05|bias=true|jobId=ten")
    check(value["bestEpoch"] < len(value["epochs"]), "the best epoch is the last: no test")
    _, *rows = [line.split(",") for line in
                farm.dtq("predict", "ten", "file:digits.csv").out.splitlines()]
    with open(os.path.join(DATA, "digits.csv"), encoding="ascii") as source:
        labels = [int(line.split(",")[0]) for line in source.read().splitlines()[1:]]
    wanted = [[0] * 10 for _ in range(10)]
    for i, row in enumerate(rows):
        if i % 4 == 3:
            wanted[labels[i]][int(float(row[-1]))] += 1
    equal(value["confusion"], wanted, "counts by label, then by prediction")
    equal(farm.dtq("plot", "ten", "--format", "svg").out,
          "logs/ten_curves.svg\nlogs/ten_confusion.svg\nlogs/ten_weights.svg\n", "what is drawn")
    with open(farm.path("logs/ten_confusion.svg"), encoding="utf-8") as source:
        text = source.read()
    right = sum(wanted[k][k] for k in range(10))
    check(f">{sum(map(sum, wanted))} rows of the test set, "
          f"{100 * right / sum(map(sum, wanted)):.2f} % classified correctly<" in text, "the sums")
    check(all(f">{wanted[k][k]}<" in text for k in range(10)), "the counts stand there")
    picture = Picture(farm.path("weights_ten.png"))
    equal((picture.width, picture.height), (5 * 224 + 4 * 4, 2 * (224 + 24) + 4), "ten tiles")
    weights = struct.unpack("<650d", farm.weights("ten"))
    most = max(abs(w) for i, w in enumerate(weights) if i % 65 < 64)
    for i, weight in enumerate(weights):
        tile, at = divmod(i, 65)
        if at == 64:
            continue  # the bias
        pixel = picture.at(tile % 5 * 228 + at % 8 * 28 + 14,
                           tile // 5 * 252 + 24 + at // 8 * 28 + 14)
        if abs(weight) > most / 20:
            check((pixel[0] > pixel[2]) == (weight > 0), f"{pixel} of weight {i}, {weight}")
    farm.dtq("artifacts", "ten", "--gray", "--dir", "gray")
    gray = Picture(farm.path("gray/weights_ten.png"))
    equal((gray.width, gray.height), (picture.width, picture.height), "size in gray")
    check(os.path.exists(farm.path("gray/logs/ten_confusion.png")), "artifacts draws it, too")


@test
def pictures_of_jobs_that_failed_or_run_are_sentences(farm):
    farm.start(workers=1)
    farm.dtq("train", DIGITS.replace("digits", "absent") + "|jobId=bad", code=1)
    matches("bad is failed and has ended no epoch", farm.dtq("plot", "bad", code=2).err, "failed")
    farm.dtq("sum", "1|9", "jobId=s")
    matches("job s is a sum: only trainings", farm.dtq("plot", "s", code=2).err, "a sum")
    farm.run("train", DIGITS + "|epochs=1|holdout=5|jobId=one")
    equal(farm.dtq("plot", "one").out, "logs/one_curves.png\nlogs/one_roc.png\nlogs/one_weights.png\n",
          "one epoch")


def bars(picture, colour):
    """Heights of the bars of a colour, from left to right."""
    columns = {}
    for x, y in picture.places(colour):
        if y > picture.height // 5:  # below the legend
            columns.setdefault(x, []).append(y)
    found, last = [], None
    for x in sorted(columns):
        height = max(columns[x]) - min(columns[x]) + 1
        if last is not None and x - last < 4:
            found[-1] = max(found[-1], height)
        else:
            found.append(height)
        last = x
    return found


@test
def runs_become_charts_with_the_right_proportions(farm):
    runs = [f"t,J{n},{n},sync,{ms},p,," for n, ms in ((1, 400), (2, 200), (4, 100))]
    write(farm.path("logs/speedup.csv"), SPEEDUP, *runs, "t,J9,2,async,150,p,,",
          "t,J8,1,async,300,p,,")
    reply = farm.dtq("plot")
    equal(reply.out, "logs/speedup.png\nlogs/sync_async.png\n", "what is printed")
    check("left out" not in reply.err, f"nothing is wrong with these lines: {reply.err}")
    picture = Picture(farm.path("logs/sync_async.png"))
    equal((picture.width, picture.height), (1920, 1200), "size")
    heights = bars(picture, SYNC)
    equal(len(heights), 3, f"bars of sync: {heights}")
    near(heights[0] / heights[1], 2, 0.02, "400 ms against 200 ms")
    near(heights[1] / heights[2], 2, 0.02, "200 ms against 100 ms")
    picture = Picture(farm.path("logs/speedup.png"))
    marks = [place for place in picture.places(SYNC) if place[1] > picture.height // 5]
    left, right = min(x for x, _ in marks), max(x for x, _ in marks)
    first = [y for x, y in marks if x < left + 12]
    last = [y for x, y in marks if x > right - 12]
    foot = max(y for y in range(picture.height)
               if sum(sum(picture.at(x, y)) < 450 for x in range(300, 1700, 10)) > 120)
    near((foot - sum(last) / len(last)) / (foot - sum(first) / len(first)), 4, 0.05,
         "speedup 4 is four times as high as speedup 1")


@test
def charts_are_written_as_svg_too(farm):
    write(farm.path("logs/speedup.csv"), OLD_SPEEDUP, "t,J1,1,sync,400")
    equal(farm.dtq("plot", "--format", "svg").out, "logs/speedup.svg\nlogs/sync_async.svg\n", "out")
    for name in ("speedup", "sync_async"):
        top = xml.etree.ElementTree.parse(farm.path(f"logs/{name}.svg")).getroot()
        check(top.tag.endswith("svg"), f"{name} is {top.tag}")
    matches("--format gif: expected png or svg", farm.dtq("plot", "--format", "gif", code=2).err,
            "another format")


@test
def lines_that_make_no_sense_are_told_of_and_left_out(farm):
    write(farm.path("logs/speedup.csv"), SPEEDUP, "t,J1,1,sync,400,p,,", "t,J2,2,sync,failed,p,,",
          "t,J3,2,sync", "t,J4,2,sync,0,p,,", "t,J5,2,sync,200,p,,")
    reply = farm.dtq("plot")
    for line, what in ((3, 'wallMs "failed" is not a number'), (4, "4 cells, expected 8"),
                       (5, "0 ms is not a wall time")):
        check(f"logs/speedup.csv, line {line}: {what}; left out" in reply.err,
              f"line {line} is not told of: {reply.err!r}")
    equal(len(bars(Picture(farm.path("logs/sync_async.png")), SYNC)), 2, "bars")
    write(farm.path("logs/speedup.csv"), OLD_SPEEDUP, "t,J2,2,sync,failed")
    matches("holds no run", farm.dtq("plot", code=2).err, "nothing is left")
    write(farm.path("logs/speedup.csv"), "a,b", "1,2")
    matches('no column "timestamp"', farm.dtq("plot", code=2).err, "other columns")
    matches(r"no nowhere/logs/speedup.csv yet: .*dtq speedup",
            farm.dtq("plot", "--dir", "nowhere", code=2).err, "no log at all")


@test
def curves_are_drawn_from_redis_or_else_from_the_log(farm):
    farm.start(workers=1)
    farm.dtq("train", DIGITS + "|epochs=8|jobId=a|testRef=file:digits.csv")
    farm.dtq("train", DIGITS + "|epochs=5|jobId=b|lr=0.5")
    equal(farm.dtq("plot", "a").out, "logs/a_curves.png\nlogs/a_roc.png\nlogs/a_weights.png\n",
          "one job")
    reply = farm.dtq("plot", "a", "b")
    equal(reply.out, "logs/a+b_curves.png\nlogs/a+b_roc.png\nlogs/a_weights.png\n"
          "logs/b_weights.png\n", "two jobs")
    equal(farm.dtq("plot", "a", "a").out,
          "logs/a_curves.png\nlogs/a_roc.png\nlogs/a_weights.png\n", "one job twice")
    equal(farm.dtq("plot", "a", "b", "a", "b").out, reply.out, "two jobs twice")
    one, two = Picture(farm.path("logs/a_curves.png")), Picture(farm.path("logs/a+b_curves.png"))
    for colour, what in ((SYNC, "training set"), (ASYNC, "test set")):
        check(len(one.places(colour)) > 200, f"no line of the {what}")
    check(len(two.places(ASYNC)) > 200, "no line of the second job")
    check(not two.places((0x00, 0x9e, 0x73)), "a colour more than there are jobs")
    farm.server.kill()
    farm.redis.close()
    reply = farm.dtq("plot", "a")
    matches("a is drawn from logs/a_epochs.csv; a ROC curve or .* only Redis would know", reply.err,
            "where the numbers come from")
    equal(reply.out, "logs/a_curves.png\n", "what can be drawn")
    again = Picture(farm.path("logs/a_curves.png"))
    for colour in (SYNC, ASYNC):  # the words above it are fewer: the log has no parameters
        ends = [(min(x), max(x)) for x in ([place[0] for place in picture.places(colour)
                                            if place[1] > picture.height // 3]
                                           for picture in (one, again))]
        equal(ends[1], ends[0], "the same lines")
    matches(r'no Redis answers.*"zz".*no logs/zz_epochs.csv', farm.dtq("plot", "zz", code=2).err,
            "neither")


@test
def a_measurement_runs_on_systems_of_its_own(farm):
    value = farm.dtq("speedup", DIGITS + "|epochs=4|batchSize=64", "--workers", "1,2", "--repeat",
                     "2", "--modes", "sync,async", "--dir", "m", "--data-dir", DATA,
                     "--json").json
    equal([(row["mode"], row["workers"], row["runs"]) for row in value["runs"]],
          [("sync", 1, 2), ("sync", 2, 2), ("async", 1, 2), ("async", 2, 2)], "what was measured")
    for row in value["runs"]:
        check(0 < row["leastMs"] <= row["wallMs"] <= row["mostMs"], f"times of {row}")
    near(value["runs"][0]["speedup"], 1, 1e-9, "speedup with one worker")
    equal(value["files"], ["m/logs/speedup.png", "m/logs/sync_async.png"], "pictures")
    with open(farm.path("m/logs/speedup.csv"), encoding="ascii") as source:
        rows = list(csv.DictReader(source))
    equal(sorted((row["mode"], row["workers"]) for row in rows),
          sorted(2 * [(mode, n) for mode in ("sync", "async") for n in "12"]), "lines of the log")
    equal(len({row["params"] for row in rows}), 1, "one training")
    equal({row["cores"] for row in rows}, {str(len(os.sched_getaffinity(0)))}, "cores")
    farm.dtq("plot", "--only", value["only"], "--dir", "m")
    matches('begins with "x"', farm.dtq("plot", "--only", "x", "--dir", "m", code=2).err, "none")
    for words, sentence in ((("--workers", "1,x"), '"x" is no number from 1'),
                            (("--workers", "0"), '"0" is no number from 1'),
                            (("--modes", "sync,fast"), "mode"),
                            (("jobId=me",), "names them itself"),
                            (("mode=sync", "--modes", "async"), "both given")):
        matches(sentence, farm.dtq("speedup", DIGITS, *words, code=2).err, f"{words}")
    matches(r"the training failed: .*absent\.csv",
            farm.dtq("speedup", DIGITS.replace("digits", "absent"), "--workers", "1", code=1).err,
            "a run that fails")


@test
def an_interrupted_measurement_leaves_nothing_running(farm):
    env = dict(farm.env, TMPDIR=farm.path("home"))
    running = farm.dtq_start("speedup", DIGITS + "|epochs=100000", "--workers", "2", env=env)
    wait_for(lambda: any(name.startswith("dtq-demo-") for name in os.listdir(farm.path("home"))),
             "its system is being started")
    running.signal(2)
    equal(running.wait(30), 130, "exit status")
    equal(os.listdir(farm.path("home")), [], "what is left")
