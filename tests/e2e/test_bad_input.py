"""Bad input gets one sentence that names it, and Redis holds nothing half made."""
import os

from dtqtest import QUEUE, check, equal, matches, test

HEAD = "a,b,label\n"
FILES = {
    "good.csv": HEAD + "1,2,0\n3,4,1\n5,6,0\n7,8,1\n",
    "empty.csv": "",
    "header-only.csv": HEAD,
    "ragged.csv": HEAD + "1,2,0\n3,4\n5,6,0\n",
    "text.csv": HEAD + "1,2,0\n3,four,1\n",
    "nan.csv": HEAD + "1,2,0\nNaN,4,1\n",
    "infinite.csv": HEAD + "1,2,0\n1e999,4,1\n",
    "hole.csv": HEAD + "1,2,0\n3,,1\n",
    "labels.csv": HEAD + "1,2,0\n3,4,7\n",
    "na.csv": HEAD + "1,2,0\n3,NA,1\n",
    "no-label.csv": HEAD + "1,2,0\n3,4,\n",
    "quoted.csv": HEAD + '1,2,0\n"Smith, ""Al""",4,1\n',
    "huge.csv": HEAD + "1,2,0\n3,4,1e160\n",
    "words.csv": HEAD + "1,2,0\n3,4,yes\n",
    "mixed.csv": HEAD + "1,2,0\n3,4,1\r5,6,0\n",
    "open.csv": HEAD + '1,2,0\n3,"4,1\n5,6,0\n',
    "m.arff": "% made\n@relation r\n@attribute a numeric\n@data\n1,2\n",
    "page.csv": "<!DOCTYPE html>\n<html>\n",
    "rows.json": '[{"a": 1, "label": 0}]\n',
    "esc.csv": "\x1b[31ma,b\x07,label\n1,2,0\n3,x,1\n",
    "nan.svm": "1 1:1 2:nan\n0 1:2\n",
    "train7.svm": "0 1:1 2:1\n1 2:1 7:3\n1 7:1\n",
    "test9.svm": "0 1:1 2:1\n1 2:1 9:3\n1 9:1\n",
    "index.csv": ",a,label\n0,2,0\n1,4,1\n",
    "passengers.csv": "id,label,name,sex,age\n1,0,\"Al, B\",m,22\n2,1,\"Cy\nD\",f,\n",
    "twice.svm": "1 1:1 1:2\n0 1:2\n",
}
BYTES = {
    "t.csv.bz2": b"BZh91AY&SY\x01\x02\x03",
    "t.parquet": b"PAR1\x15\x04\x15\x00",
    "latin.csv": b"gr\xf6\xdfe,b,label\n1,2,0\nx,3,1\n",
    "cyrillic.csv": "город,b,label\nСанкт-Петербург на Неве и область,2,0\n".encode(),
}
# What looks odd and is read all the same.
READ = {
    "cr.csv": HEAD.replace("\n", "\r") + "1,2,0\r3,4,1\r",
    "crcrlf.csv": HEAD.replace("\n", "\r\r\n") + "1,2,0\r\r\n3,4,1\r\r\n",
    "multiline.csv": '"a\nx",b,label\n1,2,0\n3,4,1\n',
    "bool.csv": HEAD + "1,True,False\n3,false,TRUE\n",
}
GOOD = "model=logreg|hasHeader=true|csvLabel=last"


def train(name, more=""):
    return ("train", f"{GOOD}|dataRef=file:{name}{more}")


# What is typed, how it ends, the sentence. 2: refused at the producer, 1: the job failed.
TABLE = [
    # files, which only workers can see
    (train("missing.csv"), 1, r"missing\.csv"),
    (train("folder"), 1, r"folder.*(directory|folder)"),
    (train("empty.csv"), 1, r"empty\.csv.*empty"),
    (train("header-only.csv"), 1, r"header-only\.csv.*(no rows|only|header)"),
    (train("ragged.csv"), 1, r"ragged\.csv line 3\b.*\b2\b.*\b3\b"),
    (train("text.csv"), 1, r'text\.csv line 3, column 2 \(b\): "four"'),
    (train("nan.csv"), 1, r'nan\.csv line 3, column 1 \(a\): the cell is "NaN"'),
    (train("infinite.csv"), 1, r'infinite\.csv line 3, column 1 \(a\): "?1e999'),
    (train("hole.csv"), 1, r"hole\.csv line 3, column 2 \(b\).*empty"),
    (train("labels.csv"), 1, r"\b7\b"),
    (train("pipe"), 1, r"pipe"),
    (train("na.csv"), 1, r'na\.csv line 3, column 2 \(b\): the cell is "NA".*missing=mean'),
    (train("no-label.csv", "|missing=mean"), 1,
     r"no-label\.csv line 3, column 3 \(label\): the label is empty.*remove the row"),
    (train("quoted.csv"), 1, r'quoted\.csv line 3, column 1 \(a\): "Smith, ""Al"""'),
    (train("huge.csv"), 1, r"huge\.csv line 3, column 3 \(label\): 1e160 is out of range.*1e\+150"),
    (train("words.csv"), 1, r'column 3 \(label\): the label "yes".*0 and 1'),
    (train("mixed.csv"), 1, r"mixed\.csv line 3: .*carriage return"),
    (train("open.csv"), 1, r'open\.csv line 3, column 2 \(b\): the quote of "4,1 is not closed'),
    (train("m.arff"), 1, r"m\.arff is an ARFF file; .*@data"),
    (train("page.csv"), 1, r"page\.csv is an HTML page; download the file itself"),
    (train("rows.json"), 1, r'rows\.json is a JSON file; .*pandas\.read_json\("rows\.json"\)'),
    (train("t.csv.bz2"), 1, r"t\.csv\.bz2 is a bzip2 file; .*bunzip2 -k t\.csv\.bz2"),
    (train("t.parquet"), 1, r'is a Parquet file; .*pandas\.read_parquet\("t\.parquet"\)'),
    (train("esc.csv"), 1, r'esc\.csv line 3, column 2 \(b\): "x"'),
    (train("latin.csv"), 1, "latin\\.csv line 3, column 1 \\(gr\ufffd\ufffde\\)"),
    (train("cyrillic.csv"), 1, r'column 1 \(город\): "Санкт-Петербург на Не\.\.\."'),
    (("train", "model=logreg|dataRef=nan.svm"), 1, r'nan\.svm line 1: "2:nan" is not finite'),
    (("train", "model=logreg|dataRef=train7.svm|testRef=test9.svm"), 1,
     r"train7\.svm has 7 features and the test set test9\.svm has 9; give features=9"),
    (train("index.csv"), 1, r"index\.csv: column 1 has no name .*ignore=1"),
    (("train", "model=logreg|hasHeader=true|csvLabel=label|dataRef=passengers.csv"), 1,
     r'line 2, column 3 \(name\): "Al, B" is not a number.*ignore=name,sex'),
    (("train", "model=logreg|hasHeader=true|csvLabel=label|ignore=nme|dataRef=passengers.csv"), 1,
     r"ignore=nme: passengers\.csv has no such column.*id, label, name"),
    (("train", "model=logreg|dataRef=twice.svm"), 1, r'"1:2" has an index that the row has already'),
    (train("good.csv", "|csvLabel=labl"), 2, r"csvLabel"),
    (("train", "model=logreg|hasHeader=true|csvLabel=labl|dataRef=file:good.csv"), 1,
     r'labl.*label'),
    (("train", "model=logreg|csvLabel=last|dataRef=file:good.csv"), 1, r"line 1.*hasHeader=true"),
    (train("good.csv", "|features=3"), 1, r"features=3\b.*\b2\b"),
    (train("good.csv", "|testRef=file:missing.csv"), 1, r"missing\.csv"),
    (train("/etc/passwd"), 1, r"/etc/passwd"),
    (train("../outside.csv"), 1, r"\.\./outside\.csv"),
    (train("link.csv"), 1, r"link\.csv"),
    (train("good.csv", "|w=1,2,3"), 1, r"\b3\b.*\b2\b"),
    # trainings that no worker needs to see
    (train("good.csv", "|lr=abc"), 2, r"lr=abc"),
    (train("good.csv", "|lr=-1"), 2, r"lr=-1"),
    (train("good.csv", "|lr=0"), 2, r"lr=0"),
    (train("good.csv", "|lr=nan"), 2, r"lr=nan"),
    (train("good.csv", "|epochs=0"), 2, r"epochs=0"),
    (train("good.csv", "|epochs=1.5"), 2, r"epochs=1\.5"),
    (train("good.csv", "|batchSize=0"), 2, r"batchSize=0"),
    (train("good.csv", "|batchSize=99999999999999999999"), 2, r"batchSize=9999"),
    (train("good.csv", "|mode=fast"), 2, r"mode=fast.*sync"),
    (train("good.csv", "|task=binary_is_ten"), 2, r"task=binary_is_ten"),
    (train("good.csv", "|normalize=0"), 2, r"normalize=0"),
    (train("good.csv", "|learnrate=1"), 2, r"learnrate"),
    (train("good.csv", "|epoch=3"), 2, r'epoch\b.*epochs'),
    (train("good.csv", "|epochs=3|epochs=4"), 2, r"epochs.*twice"),
    (train("good.csv", "|init=weights"), 2, r"init=weights needs the weights"),
    (train("good.csv", "|w=1,x"), 2, r'value 2: "x" is no finite number'),
    (train("good.csv", "|wFile=/nowhere/w.csv"), 2, r"wFile=/nowhere/w\.csv: No such file"),
    (train("good.csv", "|w=1,2|wFile=w.csv"), 2, r"w and wFile are both given"),
    (train("good.csv", "|hasHeader=maybe"), 2, r"hasHeader"),
    (train("good.csv", "|type=sum"), 2, r"type=sum"),
    (("train", "model=forest|dataRef=file:good.csv"), 2, r"model=forest.*linreg.*logreg"),
    (("train", "model=logreg"), 2, r"dataRef"),
    (("train", "dataRef=file:good.csv"), 2, r"model"),
    (("train", "model=logreg|dataRef=http://x/y.csv"), 2, r"dataRef=http://x/y\.csv: only files"),
    (("train", "type=TrainJob|model=logreg|dataRef=good.csv"), 2, r"type=TrainJob.*omit type"),
    (("stats", "s3://bucket/y.csv"), 2, r"dataRef=s3://bucket/y\.csv: only files"),
    (("train", "good.csv"), 2, r"good\.csv.*key=value"),
    # names and sizes
    (("sum", "1|2", "jobId=taken"), 2, r'job id "taken" is taken'),
    (("sum", "1|2", "jobId=a b"), 2, r"a b"),
    (("sum", "1|2", "jobId=x/../y"), 2, r"x/\.\./y"),
    (("sum", "1|2", "jobId=a{b}"), 2, r"a\{b\}"),
    (("sum", "1|2", "jobId=\x1b[31m"), 2, r"job id"),
    (("sum", "1|2", "jobId=\udcff\udcfe"), 2, r"job id"),
    (("sum", "1|2", "jobId=" + "x" * 65), 2, r"job id.*64"),
    (("sum", "1|2", "jobId=" + "x" * 100000), 2, r"job id"),
    (("sum", "1|2", "--queue", "a{b}"), 2, r"a\{b\}"),
    (("sum", "1|2", "--queue", ""), 2, r"queue name"),
    (("a b", "sum", "1|2"), 2, r"a b"),
    (("noop", "tasks=1", f"bytes={10 << 20}"), 2, r"bytes=10485760"),
    (("noop", "tasks=0"), 2, r"tasks=0"),
    (("noop", "tasks=1", "fail=1.1"), 2, r"fail=1\.1"),
    (("sum", "1" * 100001, "2" * 100001), 2, r"100001 digits"),
    (("sum", "1|two"), 2, r"end=two"),
    (("sum", "1.5|2"), 2, r"start=1\.5"),
    (("sum", "1"), 2, r"\bend\b"),
    (("sum", "1|2|3"), 2, r'"3"'),
    (("sum", "2|1"), 2, r"end=1 is before start=2"),
    # commands and options
    (("smu", "1|2"), 2, r'unknown command "smu"; did you mean "sum"'),
    (("sum", "1|2", "--timout", "3"), 2, r"--timout.*--timeout"),
    (("sum", "1|2", "--timeout", "soon"), 2, r"soon"),
    (("wait", "no/such"), 2, r"no/such"),
    (("result", "nobody"), 2, r"nobody"),
    (("resume", "taken", "lr=1"), 2, r"no weights"),
    (("sum", "1|2", "--redis", "redis://host:port"), 2, r"port"),
    (("sum", "1|2", "--redis", "nonsense"), 2, r"none of the schemes"),
]


def write_files(farm):
    for files in (FILES, READ):
        for name, text in files.items():
            with open(farm.path("data", name), "w", encoding="ascii", newline="") as to:
                to.write(text)
    for name, content in BYTES.items():
        with open(farm.path("data", name), "wb") as to:
            to.write(content)
    with open(farm.path("outside.csv"), "w", encoding="ascii") as to:
        to.write(FILES["good.csv"])
    os.mkdir(farm.path("data", "folder"))
    os.mkfifo(farm.path("data", "pipe"))
    os.symlink(farm.path("outside.csv"), farm.path("data", "link.csv"))


def job_keys(farm):
    return [key for key in farm.redis("KEYS", "*") if b":job:" in key]


def refused(farm, words, sentence):
    before = job_keys(farm)
    reply = farm.dtq(*words, code=2)
    matches(r"(?s)" + sentence, reply.err, "the sentence")
    equal(reply.out, "", "standard output")
    equal(len(reply.err.strip().splitlines()), 1, f"lines of {reply.err!r}")
    check("\x1b" not in reply.err, f"control bytes come out as they went in: {reply.err!r}")
    equal(job_keys(farm), before, "keys of jobs")


def failed(farm, words, sentence):
    value = farm.dtq(*words, "--json", code=1).json
    equal(value["state"], "failed", "state")
    matches(sentence, value["error"]["message"], "the reason")
    equal(value["epochs"], [], "epochs")
    job = value["jobId"]
    farm.nothing_left(job)
    matches(sentence, farm.dtq("result", job, code=1).err, "the reason, asked for later")


@test
def bad_input_gets_a_sentence_and_leaves_nothing_half_made(farm):
    write_files(farm)
    farm.start(workers=2)
    farm.dtq("sum", "1|2", "jobId=taken")
    wrong = []
    for words, code, sentence in TABLE:
        try:
            (refused if code == 2 else failed)(farm, words, sentence)
        except Exception as error:  # pylint: disable=broad-except
            text = " ".join(words)
            wrong.append(f"dtq {ascii(text if len(text) < 200 else text[:200])}\n    {error}")
    check(not wrong, f"{len(wrong)} of {len(TABLE)} rows:\n" + "\n".join(wrong))
    equal(farm.run("train", GOOD + "|dataRef=file:good.csv")["state"], "completed",
          "a good training afterwards")
    for name in READ:
        equal(farm.run(*train(name))["samples"], 2, f"rows of {name}")
    equal(farm.run("train", "model=logreg|dataRef=train7.svm|testRef=test9.svm|features=9")["features"],
          9, "features of both sets")
    equal(farm.run("train", GOOD + "|dataRef=index.csv|ignore=1")["features"], 1, "of index.csv")
    passengers = "hasHeader=true|csvLabel=label|dataRef=passengers.csv|ignore=id,name,sex"
    job = farm.run("train", f"model=logreg|{passengers}|missing=mean")
    equal((job["samples"], job["features"]), (2, 1), "rows and features of passengers.csv")
    columns = farm.run("stats", f"passengers.csv|{passengers.replace('dataRef=passengers.csv|', '')}")
    equal([column["name"] for column in columns["columns"]], ["age", "label"], "columns described")
    farm.run("predict", job["jobId"], "passengers.csv", "ignore=id,name,sex", "missing=mean")
    farm.nothing_left()


@test
def a_file_in_ones_own_folder_is_pointed_out(farm):
    farm.start(workers=1)
    with open(farm.path("mine.csv"), "w", encoding="ascii") as to:
        to.write(FILES["good.csv"])
    reply = farm.dtq(*train("mine.csv"), code=1)
    matches(rf"mine\.csv is in this folder, where the workers do not look; .*--data-dir {farm.folder}",
            reply.err, "the hint")
    check("is in this folder" not in farm.dtq(*train("theirs.csv"), code=1).err, "of another file")


@test
def a_wrong_password_is_told_without_showing_it(farm):
    farm.start_redis("--requirepass", "right-secret")
    for where, sentence in (
            (farm.url, r"wants a password: write user:password@ into the URL, or put the password "
                       r"into a file and name that in DTQ_REDIS_PASSWORD_FILE \(NOAUTH"),
            (f"unix://:wrong-secret@{farm.socket}",
             r"did not accept the password: check user:password@ in the URL, or the file")):
        reply = farm.dtq("sum", "1|2", "--redis", where, code=3)
        equal(farm.dtq("jobs", "--json", "--redis", where, code=3).json["error"]["code"], "denied",
              "as JSON")
        matches(sentence, reply.err, "the sentence")
        check("wrong-secret" not in reply.err, f"the password is shown: {reply.err}")
        check(farm.socket in reply.err, f"the sentence does not say where: {reply.err}")
    for name in ("dtq-master", "dtq-worker"):
        process = farm.spawn(name, [farm.program(name), "--redis",
                                    f"unix://:wrong-secret@{farm.socket}"])
        check(process.wait(20) == 1, f"{name} does not end with 1")
        matches(r"(?i)password|WRONGPASS", process.log(), f"{name}'s last words")
        check("wrong-secret" not in process.log(), f"{name} shows the password")
    equal(farm.redis("AUTH", "right-secret"), b"OK", "the right password")
    equal(farm.redis("KEYS", "*"), [], "keys in Redis")


@test
def a_job_that_no_producer_would_submit_is_failed_by_the_master(farm):
    farm.start(workers=1)

    def submit_by_hand(job, kind, params):
        """What submit.lua writes, from a client without any checks."""
        key = f"{QUEUE}job:{job}"
        fields = {"nonce": "n", "type": kind, "params": params, "producer": "no id at all",
                  "state": "submitted", "max_attempts": 5, "max_lost": 5, "backoff_ms": 2000,
                  "retention_ms": 60000, "submitted_ms": 1}
        counts = "claim_max fence commits total done retried reclaimed late".split()
        fields.update({name: 0 for name in counts})
        farm.redis("HSET", key, *(cell for pair in fields.items() for cell in pair))
        # The entry comes last: from then on a master may take the job.
        script = ("local entry = redis.call('XADD', KEYS[2], '*', 'job', ARGV[1])"
                  "redis.call('HSET', KEYS[1], 'entry', entry)")
        farm.redis("EVAL", script, 2, key, QUEUE + "jobs", job)
    rows = (("huge", "sum", '{"start":"1","end":"' + "2" * (10 << 20) + '"}', r"digits"),
            ("torn", "sum", '{"start":"1","en', r"no JSON"),
            ("list", "noop", "[1,2]", r"."),
            ("wrong", "noop", '{"tasks":"many"}', r"tasks"),
            ("unknown", "forest", "{}", r'no job type "forest"'),
            ("absent", "train", '{"model":"logreg"}', r"dataRef"))
    for job, kind, params, sentence in rows:
        submit_by_hand(job, kind, params)
        farm.wait_state(job, "failed")
        matches(sentence, farm.field(job, "error"), f"why {job} failed")
        farm.nothing_left(job)
    equal(farm.dtq("sum", "1|2").out, "3\n", "the master goes on")
