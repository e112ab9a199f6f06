/* stats.c: the job type stats: count, mean, variance, least and most of each column of a table. A
 * task takes a run of chunks of rows; what is merged with what depends on the number of rows alone
 * (common/math/stats.h), so that the bits are the same however many workers there are. */
#include "jobs/types.h"

#include "common/json.h"
#include "jobs/stats_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TASKS_MAX = 256,
    RESULTS_MAX = 1 << 26, /* bytes of all results of a job: they are held until all are there */
};

struct job_state {
    struct dataset_options options;
    bool asked;            /* for a label's column */
    struct data_file file; /* rows is 0 before the first look */
    cJSON *names;          /* owned; NULL: the file names no columns */
    cJSON *absent;         /* owned; empty cells of each feature; NULL: there are none */
    uint64_t tasks;        /* of the round */
    unsigned level;        /* a task is 2^level chunks */
    bool emitted;
    uint64_t folded;
    struct stats **held; /* (tasks) owned, each (columns); results that wait for the others */
    struct stats *total; /* (columns) owned; NULL until the end */
};

static size_t columns_of(const struct data_file *file)
{
    return file->features + file->labelled;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static void plan(struct job_state *s)
{
    uint64_t chunks = ceil_div(s->file.rows, STATS_CHUNK_ROWS);
    uint64_t most = RESULTS_MAX / (columns_of(&s->file) * sizeof(struct stats));

    if (most > TASKS_MAX) most = TASKS_MAX;
    s->level = 0;
    while (ceil_div(chunks, UINT64_C(1) << s->level) > most)
        s->level++;
    s->tasks = ceil_div(chunks, UINT64_C(1) << s->level);
}

static enum dtq_err check(const cJSON *params, struct dtq_why *why)
{
    struct dataset_options options;
    enum dtq_err err = stats_options(params, &options, why);

    if (err == DTQ_OK && !strcmp(options.label, DATASET_NO_LABEL))
        err = err_set(why, DTQ_INPUT,
                      "csvLabel=none: all columns are told of in any case; leave csvLabel away");
    return err;
}

static void stats_close(struct job_state *s)
{
    if (!s) return;
    for (uint64_t i = 0; s->held && i < s->tasks; i++)
        free(s->held[i]);
    free(s->held);
    free(s->total);
    cJSON_Delete(s->names);
    cJSON_Delete(s->absent);
    free(s);
}

/* What a look found, as object, becomes the plan. */
static enum dtq_err learn(struct job_state *s, cJSON *look, struct dtq_why *why)
{
    struct data_file file;
    enum dtq_err err = data_file_get(look, &file, why);

    if (err != DTQ_OK) return err;
    if (file.features > STATS_COLUMNS_MAX)
        return err_set(why, DTQ_INPUT,
                       "%s has %" PRIu64 " columns beside the label; stats tells of at most %d",
                       s->options.ref, file.features, STATS_COLUMNS_MAX);
    s->file = file;
    s->options.has_header = file.has_header;
    s->names = cJSON_DetachItemFromObjectCaseSensitive(look, "names");
    s->absent = cJSON_DetachItemFromObjectCaseSensitive(look, "absent");
    plan(s);
    s->held = calloc(s->tasks, sizeof *s->held);
    return s->held ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for statistics");
}

static enum dtq_err checkpoint_read(struct job_state *s, const void *text, size_t len,
                                    struct dtq_why *why)
{
    cJSON *saved = cJSON_ParseWithLength(text, len);
    cJSON *look = cJSON_GetObjectItemCaseSensitive(saved, "look");
    enum dtq_err err = DTQ_OK;

    if (!cJSON_IsObject(saved))
        err = err_set(why, DTQ_INPUT, "the checkpoint of this job cannot be read; submit it again");
    else if (look)
        err = learn(s, look, why);
    s->emitted = fields_bool(saved, "emitted", false);
    cJSON_Delete(saved);
    return err;
}

static enum dtq_err stats_open(const cJSON *params, const void *checkpoint, size_t len,
                               const struct job_vectors *vectors, struct job_state **out,
                               struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);
    enum dtq_err err;

    (void)vectors;
    if (!s) return err_set(why, DTQ_NOMEM, "out of memory for statistics");
    s->asked = fields_text(params, "csvLabel", NULL) != NULL;
    err = stats_options(params, &s->options, why);
    if (err == DTQ_OK && checkpoint) err = checkpoint_read(s, checkpoint, len, why);
    if (err != DTQ_OK) {
        stats_close(s);
        return err;
    }
    *out = s;
    return DTQ_OK;
}

static enum dtq_err split(struct job_state *s, const struct job_view *view,
                          const struct job_sink *sink, struct dtq_why *why)
{
    (void)view;
    if (s->emitted) return DTQ_OK;
    s->emitted = true;
    if (s->file.rows)
        return data_parts_emit(&s->file, 0, s->file.rows, (uint64_t)STATS_CHUNK_ROWS << s->level, 1,
                               sink, why);
    sink->task(sink->ctx, 0, DATA_LOOK, strlen(DATA_LOOK));
    return DTQ_OK;
}

static enum dtq_err misfit(const struct job_result *result, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "task %" PRIu64 ": %zu bytes that are no statistics came back from %s",
                   result->no, result->len, result->worker);
}

/* A result as it was written; counts that cannot be are refused. */
static bool plausible(const struct job_state *s, const struct stats *node, uint64_t rows)
{
    for (size_t i = 0; i < columns_of(&s->file); i++)
        if (node[i].count > rows || node[i].missing != rows - node[i].count) return false;
    return true;
}

static enum dtq_err finish(struct job_state *s, enum job_step *step, struct dtq_why *why)
{
    struct stats_tree *tree = stats_tree_new(columns_of(&s->file));
    bool room = tree && (s->total = calloc(columns_of(&s->file), sizeof *s->total));

    for (uint64_t i = 0; room && i < s->tasks; i++)
        room = stats_tree_push(tree, s->held[i], i + 1 < s->tasks ? s->level : 0);
    room = room && stats_tree_finish(tree, s->total);
    stats_tree_free(tree);
    if (!room) return err_set(why, DTQ_NOMEM, "out of memory for statistics");
    *step = JOB_DONE;
    return DTQ_OK;
}

static enum dtq_err fold_look(struct job_state *s, const struct job_result *result,
                              enum job_step *step, struct dtq_why *why)
{
    cJSON *look = cJSON_ParseWithLength(result->data, result->len);
    enum dtq_err err = learn(s, look, why);

    cJSON_Delete(look);
    s->emitted = false;
    *step = JOB_ROUND;
    return err;
}

static enum dtq_err reduce(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    uint64_t i = result->no - 1, rows;

    (void)sink;
    if (!s->file.rows && !result->no) return fold_look(s, result, step, why);
    if (!s->file.rows || !result->no || i >= s->tasks || s->held[i] ||
        result->len != columns_of(&s->file) * sizeof(struct stats))
        return misfit(result, why);
    s->held[i] = malloc(result->len);
    if (!s->held[i]) return err_set(why, DTQ_NOMEM, "out of memory for a result");
    memcpy(s->held[i], result->data, result->len);
    rows = (uint64_t)STATS_CHUNK_ROWS << s->level;
    if (i + 1 == s->tasks) rows = s->file.rows - i * rows;
    if (!plausible(s, s->held[i], rows)) return misfit(result, why);
    *step = JOB_HOLD;
    return ++s->folded == s->tasks ? finish(s, step, why) : DTQ_OK;
}

/* The look and nothing else: what is folded is held, and comes again after a takeover. */
static void checkpoint(const struct job_state *s, struct buf *out)
{
    cJSON *saved = cJSON_CreateObject(), *look;

    cJSON_AddBoolToObject(saved, "emitted", s->emitted);
    if (s->file.rows) {
        look = cJSON_AddObjectToObject(saved, "look");
        data_file_add(&s->file, look);
        if (s->names) cJSON_AddItemReferenceToObject(look, "names", s->names);
        if (s->absent) cJSON_AddItemReferenceToObject(look, "absent", s->absent);
    }
    data_print(saved, out);
}

static void add_exact(cJSON *object, const char *name, double value)
{
    cJSON *item = json_exact(value);

    if (item) cJSON_AddItemToObject(object, name, item);
}

/* Column i (features first, then the label). The variance is that of the values there are: divided
 * by their number. A mean in the place of an empty cell is none, and adds nothing to the squares.
 */
static cJSON *column(const struct job_state *s, uint64_t i, const cJSON *name, const cJSON *absent)
{
    const struct stats *st = &s->total[i];
    uint64_t missing = cJSON_IsNumber(absent) ? (uint64_t)absent->valuedouble : 0;
    uint64_t count = st->count;
    double variance;
    cJSON *object = cJSON_CreateObject();

    if (s->options.missing == DATASET_MEAN) count = missing < count ? count - missing : 0;
    variance = count ? st->squares / (double)count : 0;

    if (cJSON_IsString(name)) cJSON_AddStringToObject(object, "name", name->valuestring);
    if (i == s->file.features && s->asked) cJSON_AddBoolToObject(object, "label", true);
    cJSON_AddNumberToObject(object, "count", (double)count);
    cJSON_AddNumberToObject(object, "missing", (double)missing);
    add_exact(object, "mean", st->mean);
    add_exact(object, "variance", variance);
    add_exact(object, "std", sqrt(variance));
    add_exact(object, "min", st->min);
    add_exact(object, "max", st->max);
    return object;
}

static void report(const struct job_state *s, cJSON *out)
{
    bool first = !strcmp(s->options.label, "first");
    const cJSON *name = s->names ? s->names->child : NULL;
    const cJSON *absent = s->absent ? s->absent->child : NULL;
    cJSON *list;

    if (!s->file.rows) return;
    cJSON_AddNumberToObject(out, "rows", (double)s->file.rows);
    cJSON_AddNumberToObject(out, "features", (double)s->file.features);
    if (!s->total) return;
    list = cJSON_AddArrayToObject(out, "columns");
    for (uint64_t i = 0; i <= s->file.features; i++) {
        cJSON *item = column(s, i, name, absent);

        if (i == s->file.features && first)
            cJSON_InsertItemInArray(list, 0, item); /* where it stands in the file */
        else
            cJSON_AddItemToArray(list, item);
        name = name ? name->next : NULL;
        absent = absent ? absent->next : NULL;
    }
}

static const struct field fields[] = {
    DATA_FIELDS("CSV: the label's column: first (as when not given), last, or its name"),
    DATA_MISSING_FIELD("mean", "empty cells: refuse; zero: count as 0; mean: left out and counted"),
};

static const char *const positional[] = {"dataRef", NULL};

const struct job_type job_stats = {
    .name = "stats",
    .help = "count, mean, variance, least and most of each column of a table",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .positional = positional,
    .window = TASKS_MAX,
    .early = true,
    .check = check,
    .open = stats_open,
    .split = split,
    .run = stats_run,
    .reduce = reduce,
    .checkpoint = checkpoint,
    .report = report,
    .close = stats_close,
};
