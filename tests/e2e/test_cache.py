"""The cache of parsed files: what is listed, what leaves, and what killed workers leave."""
import os
import subprocess

from dtqtest import DATA, SLOW, check, copy_of_digits, equal, matches, one_json, test, wait_for

FIELDS = "model=logreg|task=binary_is_zero|hasHeader=true|normalize=16|epochs=3|dataRef=file:"
TWO_TABLES = "300K"  # one of digits.csv has some 134 KB


def listing(farm, *words, code=0, folder="cache"):
    done = subprocess.run([farm.program("dtq-worker"), "--cache", "--cache-dir", farm.path(folder),
                           *words], env=farm.env, capture_output=True, text=True,
                          timeout=60 * SLOW, check=False)
    equal(done.returncode, code, f"exit status of --cache ({done.stderr})")
    return done.stderr if code else done.stdout


def tables(farm):
    """Names of the files that have a parsed form, the last used first."""
    return [os.path.basename(row["path"])
            for row in one_json(listing(farm, "--json"))["tables"]]


def copies(farm, *names):
    for name in names:
        copy_of_digits(farm, 1, name)


def start(farm, size, workers=1, slots=1):
    farm.start(workers=0)
    for i in range(workers):
        farm.worker(f"w{i + 1}", slots, options=("--cache-size", size))
    wait_for(lambda: farm.count("ZCARD", "workers") == workers, "the workers register")


@test
def the_cache_is_listed_for_people_and_programs(farm):
    equal(listing(farm, "--cache-size", "10M", folder="nowhere"),
          farm.path("nowhere") + ": empty; 0 parsed files, 0 B of at most 10.0 MiB\n", "no folder")
    check(not os.path.exists(farm.path("nowhere")), "a folder was made by looking")
    equal(one_json(listing(farm, "--json"))["tables"], [], "tables of an empty cache")
    farm.start(workers=1)
    farm.run("train", FIELDS + "digits.csv")
    farm.run("train", "model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=last"
             "|normalize=400")
    value = one_json(listing(farm, "--json", "--cache-size", "1G"))
    equal((value["dir"], value["maxBytes"]), (farm.path("cache"), 1 << 30), "folder and bound")
    equal([(row["path"], row["options"], row["rows"], row["features"]) for row in value["tables"]],
          [(os.path.join(DATA, "diabetes.csv"), "csvLabel=last hasHeader=true", 442, 10),
           (os.path.join(DATA, "digits.csv"), "csvLabel=first hasHeader=true", 1797, 64)],
          "what was parsed, the last used first")
    equal(value["tables"][1]["type"], "u8", "type of pixels")
    equal(value["bytes"], sum(os.path.getsize(row["cache"]) for row in value["tables"]), "bytes")
    lines = listing(farm).splitlines()
    matches(r"^LAST USED +SIZE +TYPE +ROWS X COLUMNS +FILE, OPTIONS$", lines[0], "head")
    matches(r"^20\S+Z +1\d\d\.\d KiB  u8 +1797 x 64  \S+/digits\.csv  csvLabel=first "
            r"hasHeader=true$", lines[2], "a line")
    matches(r"cache: 2 parsed files, \d+\.\d KiB of at most \d", lines[3], "the last line")
    with open(farm.path("file"), "w", encoding="ascii"):
        pass
    matches(r"cache folder .*/file: Not a directory", listing(farm, folder="file", code=1), "why")


@test
def a_bad_size_is_a_sentence(farm):
    for size in ("0", "-1", "10X", "1.5G", "much", ""):
        for words in (("dtq-worker", "--cache"), ("dtq", "up")):
            done = subprocess.run([farm.program(words[0]), *words[1:], "--cache-size=" + size],
                                  env=farm.env, capture_output=True, text=True, timeout=60,
                                  check=False)
            equal(done.returncode, 2, f"exit status of {words} with {size!r}")
            matches(rf"--cache-size {size}: a whole number of bytes from 1 on was expected, or one "
                    "with K, M, G or T", done.stderr, "why")


@test
def the_least_recently_used_leaves_and_trainings_stay_right(farm):
    copies(farm, "a.csv", "b.csv", "c.csv")
    start(farm, TWO_TABLES)
    farm.run("train", FIELDS + "a.csv", "jobId=first")
    farm.run("train", FIELDS + "b.csv")
    equal(tables(farm), ["b.csv", "a.csv"], "two fit")
    farm.run("train", FIELDS + "a.csv")
    equal(tables(farm), ["a.csv", "b.csv"], "what was used again")
    farm.run("train", FIELDS + "c.csv")
    equal(tables(farm), ["c.csv", "a.csv"], "the third takes the place of the one not used")
    farm.run("train", FIELDS + "b.csv", "jobId=again")
    equal(tables(farm), ["b.csv", "c.csv"], "and back")
    check(farm.weights("first") == farm.weights("again"), "the same rows give other weights")
    farm.worker("w2", options=("--cache-size", "150K"))
    wait_for(lambda: tables(farm) == ["b.csv"], "a lower bound holds from the start on")


@test
def a_table_in_use_outlives_its_file(farm):
    copies(farm, "a.csv", "b.csv", "c.csv")
    start(farm, "1", slots=2)
    fields = FIELDS.replace("epochs=3", "epochs=600|patience=100000")  # a task for each epoch
    calm = farm.run("train", fields + "b.csv")
    farm.submit("train", fields + "a.csv", "jobId=long")
    farm.wait_done("long", 20)
    farm.run("train", FIELDS + "c.csv")
    equal(tables(farm), ["c.csv"], "what is left")
    farm.still_running("long", "its table has left the cache")
    farm.completed("long")
    check(farm.weights("long") == farm.weights(calm["jobId"]), "it ends in other weights")


@test
def a_worker_killed_while_it_parses_leaves_nothing_that_is_used(farm):
    copy_of_digits(farm, 300)
    farm.start(workers=1)

    def left(*ends):
        names = os.listdir(farm.path("cache")) if os.path.isdir(farm.path("cache")) else []
        return sorted(name for name in names if name.endswith(ends))
    job = farm.submit("train", FIELDS + "big.csv")
    wait_for(lambda: left(".part"), "the worker parses")
    farm.workers["w1"].stop()
    equal((len(left(".part")), left(".dtqd")), (1, []), "it stands in the middle of its parse")
    farm.workers["w1"].kill()
    equal((len(left(".part", ".lock")), tables(farm)), (2, []), "what it leaves, and what counts")
    farm.worker("w1")
    farm.completed(job)
    equal((left(".part", ".lock"), tables(farm)), ([], ["big.csv"]), "what is there afterwards")
    os.remove(farm.path("cache", left(".dtqd")[0]))
    calm = farm.run("train", FIELDS + "big.csv")
    check(farm.weights(job) == farm.weights(calm["jobId"]), "it ended in other weights")


@test
def a_new_worker_cleans_up_after_a_killed_one(farm):
    copy_of_digits(farm, 300)
    farm.start(workers=1)
    job = farm.submit("train", FIELDS + "big.csv")
    folder = farm.path("cache")
    wait_for(lambda: os.path.isdir(folder) and any(name.endswith(".part")
                                                   for name in os.listdir(folder)),
             "the worker parses")
    farm.workers["w1"].kill()
    farm.dtq("cancel", job)
    farm.worker("w2")
    wait_for(lambda: all(os.path.isdir(farm.path("cache", name)) for name in os.listdir(folder)),
             "no file lies there any more")


@test
def dtq_up_passes_folder_and_size_on(farm):
    up = farm.spawn("up", [farm.program("dtq"), "up", "--workers", "1", "--data-dir", DATA,
                           "--dir", farm.path("state"), "--cache-dir", farm.path("mine"),
                           "--cache-size", "1"], farm.env)
    wait_for(lambda: up.out().endswith("\n") or not up.alive, "dtq up is ready", 30)
    env = dict(farm.env, DTQ_REDIS_URL=up.out().strip())
    for name in ("digits.csv", "diabetes.csv"):
        farm.dtq("stats", "file:" + name, "hasHeader=true", env=env)
    value = one_json(listing(farm, "--json", folder="mine"))
    equal([os.path.basename(row["path"]) for row in value["tables"]], ["diabetes.csv"], "the cache")
