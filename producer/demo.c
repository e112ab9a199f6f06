/* demo.c: `dtq demo`: everything once, on processes of its own, each result held against what is
 * known beforehand. */
#include "producer/command.h"
#include "producer/demo_chaos.h"
#include "producer/demo_check.h"
#include "producer/demo_files.h"
#include "producer/demo_kill.h"
#include "producer/demo_submit.h"
#include "producer/demo_tell.h"
#include "producer/interrupt.h"
#include "producer/job_json.h"
#include "producer/measure.h"
#include "producer/nest.h"
#include "producer/paths.h"
#include "producer/render.h"
#include "producer/wait.h"

#include "common/clock.h"
#include "common/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 2 };

#define DIGITS "digits.csv"
#define TRAIN                                          \
    "model=logreg|task=binary_is_zero|dataRef=" DIGITS \
    "|hasHeader=true|normalize=16|batchSize=64|lr=0.5"
#define SYNC TRAIN "|epochs=20|mode=sync|holdout=5|jobId="
#define ZERO "zero" /* ids of the trainings whose files are written */
#define TEN  "digits"

struct demo {
    struct app app; /* as the commands would have it */
    struct queue *q;
    struct nest nest;
    struct outdir out;        /* for the files that stay */
    char trained[ID_MAX + 1]; /* the sync training */
    char classes[ID_MAX + 1]; /* the one of ten classes */
    cJSON *files;             /* paths of the files that stay */
    struct demo_tell tell;
};

static enum dtq_err submit(struct demo *d, const char *type, const char *text, struct awaited *out,
                           struct dtq_why *why)
{
    return demo_submit(&d->app, d->q, &d->tell, type, text, out, why);
}

/* Submits, waits, and checks that it completed. The caller clears *job. */
static enum dtq_err run(struct demo *d, const char *type, const char *text, struct queue_job *job,
                        struct dtq_why *why)
{
    struct awaited submitted;
    enum dtq_err err = submit(d, type, text, &submitted, why);

    return err == DTQ_OK ? wait_job(&d->app, d->q, &submitted, job, why) : err;
}

/* The summary of the job, as its check that it completed. */
static bool completed(struct demo *d, const struct queue_job *job)
{
    struct buf text = {0};
    bool good = !strcmp(job->state, "completed");

    render_summary(job, &text);
    demo_check(&d->tell, good, "%s", text.failed ? job->id : text.data);
    buf_clear(&text);
    return good;
}

static double report_number(const struct queue_job *job, const char *name)
{
    cJSON *report = cJSON_Parse(job->report);
    double value = fields_real(report, name, NAN);

    cJSON_Delete(report);
    return value;
}

static enum dtq_err show_sum(struct demo *d, const char *type, const char *title, uint64_t n,
                             const char *formula, const char *(*known)(uint64_t, char[DEMO_DIGITS]),
                             struct dtq_why *why)
{
    struct queue_job job = {0};
    char text[80], digits[DEMO_DIGITS];
    cJSON *report;
    enum dtq_err err;

    snprintf(text, sizeof text, "1|%llu", (unsigned long long)n);
    demo_headline(&d->tell, title);
    err = run(d, type, text, &job, why);
    if (err == DTQ_OK && completed(d, &job)) {
        const char *result;

        report = cJSON_Parse(job.report);
        result = fields_text(report, "result", "nothing");
        demo_check(&d->tell, !strcmp(result, known(n, digits)), "%s = %s", result, formula);
        cJSON_Delete(report);
    }
    queue_job_clear(&job);
    return err;
}

static void show_epochs(struct demo *d, const struct queue_job *job)
{
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *epochs = NULL;

    if (d->app.program.json || queue_epochs(d->q, job->id, &epochs, &why) != DTQ_OK) return;
    render_epochs(epochs, 4, 0, &screen, &text);
    if (!text.failed && text.data) demo_say(&d->tell, "%s", text.data);
    buf_clear(&text);
    cJSON_Delete(epochs);
}

static void check_training(struct demo *d, const struct queue_job *job, double least_accuracy,
                           double most_loss)
{
    double loss = report_number(job, "loss"), accuracy = report_number(job, "testAccuracy");
    bool tested = !isnan(accuracy);

    if (!tested) accuracy = report_number(job, "accuracy");
    demo_check(&d->tell, loss < most_loss && accuracy > least_accuracy,
               "loss %.6f is below %g, %saccuracy %.4f above %g", loss, most_loss,
               tested ? "test " : "", accuracy, least_accuracy);
}

/* Twice the same, once more with other workers doing other parts: the weights have the same bits.
 */
static enum dtq_err show_sync(struct demo *d, struct dtq_why *why)
{
    struct queue_job first = {0}, second = {0};
    double *a = NULL, *b = NULL;
    size_t a_count = 0, b_count = 0;
    enum dtq_err err;

    demo_headline(&d->tell, "Is this digit a zero? Logistic regression, sync, on " DIGITS);
    err = run(d, "train", SYNC ZERO, &first, why);
    if (err != DTQ_OK || !completed(d, &first)) goto out;
    memcpy(d->trained, first.id, sizeof first.id);
    show_epochs(d, &first);
    check_training(d, &first, 0.99, 0.03);
    err = run(d, "train", SYNC ZERO "-again", &second, why);
    if (err == DTQ_OK) err = queue_weights(d->q, first.id, &a, &a_count, why);
    if (err == DTQ_OK) err = queue_weights(d->q, second.id, &b, &b_count, why);
    if (err == DTQ_OK)
        demo_check(&d->tell, demo_same_bits(a, a_count, b, b_count),
                   "trained once more as %s: all %zu weights have the same bits", second.id,
                   a_count);
out:
    free(a);
    free(b);
    queue_job_clear(&first);
    queue_job_clear(&second);
    return err;
}

static enum dtq_err show_async(struct demo *d, struct dtq_why *why)
{
    static const char text[] = TRAIN "|epochs=300|mode=async";
    struct queue_job job = {0};
    struct awaited submitted;
    pid_t killed = 0;
    int tasks = 0;
    enum dtq_err err;

    demo_headline(&d->tell, "The same asynchronously, and in the middle of it a worker is killed");
    err = submit(d, "train", text, &submitted, why);
    if (err == DTQ_OK) err = demo_kill(d->q, submitted.id, "w1", &killed, &tasks, why);
    if (err == DTQ_OK)
        demo_say(
            &d->tell,
            "   kill -STOP %ld, then kill -9 %ld: worker w1, stopped first so that it has work "
            "in hand\n",
            (long)killed, (long)killed);
    if (err == DTQ_OK) err = wait_job(&d->app, d->q, &submitted, &job, why);
    if (err != DTQ_OK) goto out;
    demo_check(
        &d->tell, tasks > 0 && job.reclaimed > 0,
        "w1 died at work: %d task%s it held went back and %s claimed again; `dtq up` started it "
        "anew",
        tasks, tasks == 1 ? "" : "s", tasks == 1 ? "was" : "were");
    if (completed(d, &job)) {
        show_epochs(d, &job);
        check_training(d, &job, 0.99, 0.03);
        demo_say(
            &d->tell,
            "           gradients were computed with weights %.2f steps old in the mean, %.0f at "
            "most\n",
            report_number(&job, "stalenessMean"), report_number(&job, "stalenessMax"));
    }
out:
    queue_job_clear(&job);
    return err;
}

static enum dtq_err show_classes(struct demo *d, struct dtq_why *why)
{
    struct queue_job job = {0};
    enum dtq_err err;

    demo_headline(&d->tell, "And which of the ten is it? Softmax regression");
    err = run(d, "train",
              "model=softmax|task=multiclass|dataRef=" DIGITS
              "|hasHeader=true|normalize=16|batchSize=32|lr=0.5|epochs=20|holdout=5|jobId=" TEN,
              &job, why);
    if (err == DTQ_OK && completed(d, &job)) {
        memcpy(d->classes, job.id, sizeof job.id);
        show_epochs(d, &job);
        check_training(d, &job, 0.93, 0.2);
    }
    queue_job_clear(&job);
    return err;
}

/* Logs, weights and pictures of the first training, and of that of ten classes. */
static enum dtq_err show_files(struct demo *d, struct dtq_why *why)
{
    const char *id = d->trained;
    double *w = NULL;
    size_t count = 0;
    enum dtq_err err;

    if (!id[0] || !d->classes[0]) return DTQ_OK; /* it failed, as was told */
    demo_headline(&d->tell, "The logs, weights and pictures of the trainings");
    demo_command(&d->tell, (const char *const[]){"artifacts", id, "--dir", d->out.dir}, 4);
    err = demo_write(&d->app, d->q, id, d->files, why);
    if (err != DTQ_OK) return err;
    demo_command(&d->tell, (const char *const[]){"artifacts", d->classes, "--dir", d->out.dir}, 4);
    err = demo_write(&d->app, d->q, d->classes, d->files, why);
    if (err == DTQ_OK) err = queue_weights(d->q, id, &w, &count, why);
    if (err == DTQ_OK)
        demo_check(&d->tell, demo_file_holds(&d->out, id, w, count),
                   "weights_%s.csv holds all %zu weights to the last bit", id, count);
    free(w);
    return err;
}

/* On systems of its own, so that nobody idles beside those who work. */
static enum dtq_err show_speedup(struct demo *d, const char *data, struct dtq_why *why)
{
    static const char *const words[] = {TRAIN "|epochs=20"};
    struct app app = d->app;
    cJSON *value = NULL, *runs;
    const cJSON *row;
    bool good = true;
    enum dtq_err err;

    app.data_dir = data;
    app.worker_list = sysconf(_SC_NPROCESSORS_ONLN) >= 4 ? "1,2,4" : "1,2";
    demo_headline(&d->tell, "How much faster are more workers? The same training, measured");
    demo_command(&d->tell,
                 (const char *const[]){"speedup", words[0], "--workers", app.worker_list, "--dir",
                                       d->out.dir},
                 6);
    err = measure_training(&app, words, 1, !d->app.program.json, &value, why);
    if (err != DTQ_OK) return err;
    runs = cJSON_GetObjectItem(value, "runs");
    cJSON_ArrayForEach(row, runs) if (!(fields_real(row, "wallMs", 0) > 0)) good = false;
    demo_check(&d->tell, good && cJSON_GetArraySize(runs) >= 4, "%d medians of 3 runs each",
               cJSON_GetArraySize(runs));
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(value, "files"))
        cJSON_AddItemToArray(d->files, cJSON_CreateString(row->valuestring));
    cJSON_Delete(value);
    return DTQ_OK;
}

static enum dtq_err show_all(struct demo *d, const char *data, struct dtq_why *why)
{
    enum dtq_err err;

    err = show_sum(d, "sum", "An exact sum", 1000000000000000000, "n (n + 1) / 2", demo_sum, why);
    if (err == DTQ_OK)
        err = show_sum(d, "sumsq", "An exact sum of squares", 1000000000000,
                       "n (n + 1) (2n + 1) / 6", demo_sumsq, why);
    if (err == DTQ_OK) err = show_sync(d, why);
    if (err == DTQ_OK) err = show_async(d, why);
    if (err == DTQ_OK) err = show_classes(d, why);
    if (err == DTQ_OK) err = show_files(d, why);
    if (err == DTQ_OK) err = show_speedup(d, data, why);
    return err;
}

/* The pictures by name; the rest lies beside them. */
static void tell_files(const struct demo *d)
{
    const cJSON *item;

    demo_say(&d->tell, "\n%d files are left in %s; the pictures among them:\n",
             cJSON_GetArraySize(d->files), d->out.dir);
    cJSON_ArrayForEach(item, d->files)
    {
        const char *end = strrchr(item->valuestring, '.');

        if (end && !strcmp(end, ".png")) demo_say(&d->tell, "  %s\n", item->valuestring);
    }
}

static void conclude(struct demo *d, int64_t took_ms)
{
    struct buf time = {0};
    int checks = cJSON_GetArraySize(d->tell.steps);
    bool keep = d->app.keep || d->tell.failed;

    render_duration(took_ms, &time);
    if (cJSON_GetArraySize(d->files)) tell_files(d);
    demo_say(&d->tell, "\n%d of %d checks passed in %s.\n", checks - d->tell.failed, checks,
             time.failed ? "some time" : time.data);
    if (keep)
        demo_say(&d->tell,
                 "Redis' data and all logs are kept in %s: `%s up --dir %s/state` goes on from "
                 "there.\n",
                 d->nest.dir, d->tell.program, d->nest.dir);
    else
        demo_say(&d->tell,
                 "Redis' data and all logs were in %s and are removed (--keep keeps them).\n",
                 d->nest.dir);
    demo_say(&d->tell,
             "Next: `%s up`, and in another terminal any of the commands above that begin with "
             "$.\n",
             d->tell.program);
    buf_clear(&time);
    if (d->app.program.json) {
        cJSON *value = cJSON_CreateObject();

        cJSON_AddBoolToObject(value, "ok", d->tell.failed == 0);
        cJSON_AddStringToObject(value, "dir", d->nest.dir);
        cJSON_AddBoolToObject(value, "kept", keep);
        cJSON_AddNumberToObject(value, "wallMs", (double)took_ms);
        cJSON_AddItemReferenceToObject(value, "checks", d->tell.steps);
        cJSON_AddItemReferenceToObject(value, "files", d->files);
        app_print_json(value, NULL);
        cJSON_Delete(value);
    }
}

int command_demo(const struct app *app, int count, const char *const *words)
{
    struct demo d = {.app = *app,
                     .files = cJSON_CreateArray(),
                     .tell = {app->called, app->program.json, cJSON_CreateArray(), 0, 0}};
    int64_t start_ms = clock_ms();
    char data[PATHS_MAX];
    struct dtq_why why;
    enum dtq_err err = demo_data(DIGITS, data, sizeof data, &why);

    (void)count;
    (void)words;
    d.app.quiet = app->program.json;
    d.app.timeout_s = -1;
    d.app.program.queue = PROGRAM_QUEUE;
    unsetenv("DTQ_REDIS_PASSWORD_FILE"); /* a private server has no password, and refuses one */
    if (err == DTQ_OK && !app->chaos) err = demo_folder(app->out, &d.out, &why);
    d.app.out = d.out.dir;
    if (err == DTQ_OK)
        demo_say(&d.tell, "A Redis, a master and %d workers are started for this demo ... ",
                 WORKERS);
    if (err == DTQ_OK) err = nest_open(&d.nest, WORKERS, data, &why);
    if (err == DTQ_OK) {
        demo_say(&d.tell, "done.\nRedis: %s\n", d.nest.url);
        d.app.program.redis = d.nest.url;
        err = app_connect_new(&d.app, &d.q, &why);
    }
    if (err == DTQ_OK && app->chaos)
        err = demo_chaos(&d.app, d.q, &d.tell, &why);
    else if (err == DTQ_OK)
        err = show_all(&d, data, &why);
    if (err == DTQ_OK) conclude(&d, clock_ms() - start_ms);
    queue_free(d.q);
    interrupt_wakes(-1);
    nest_close(&d.nest, d.app.keep || (d.tell.failed && err == DTQ_OK));
    cJSON_Delete(d.tell.steps);
    cJSON_Delete(d.files);
    if (err == DTQ_CANCELLED)
        err_set(&why, err, "interrupted; all that the demo started is stopped%s",
                app->keep ? "" : " and its files are removed");
    if (err != DTQ_OK) {
        demo_say(&d.tell, "\n");
        return app_fail(app, err, &why);
    }
    return d.tell.failed ? APP_FAILED : APP_DONE;
}
