/* codec.c: what travels between the master and the workers of a training. */
#include "jobs/train/codec.h"

#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 512,                     /* a spec */
    HEAD_MAX = 512 + TRAIN_HELPERS_MAX, /* of a result */
    RECORD_WORDS = sizeof(struct train_record) / 8,
};

static const char *const kinds[] = {"probe", "stats", "run",  "grad", "whole",
                                    "batch", "shard", "eval", "final"};

void sums_add(struct train_sums *to, const struct glm_sums *from)
{
    to->loss += from->loss;
    to->objective += from->objective;
    to->absolute += from->absolute;
    to->correct += from->correct;
    to->hits += from->hits;
    to->guessed += from->guessed;
    to->positive += from->positive;
}

void sums_join(struct train_sums *to, const struct train_sums *from)
{
    const struct glm_sums sums = {from->loss, from->objective, from->absolute, from->correct,
                                  from->hits, from->guessed,   from->positive};

    sums_add(to, &sums);
}

static bool kind_find(const char *word, enum train_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(word, kinds[i])) {
            *out = (enum train_kind)i;
            return true;
        }
    return false;
}

/* A text that ends with a NUL, out of bytes; false when there are too many or a NUL is in them. */
static bool text_copy(const void *bytes, size_t len, char *to, size_t size)
{
    if (!len || len >= size || memchr(bytes, '\0', len)) return false;
    memcpy(to, bytes, len);
    to[len] = '\0';
    return true;
}

#define FILE_PRINT "%" PRIu64 "x%" PRIu64 "+%" PRIu64 ":%016" PRIx64
#define FILE_SCAN  "%" SCNu64 "x%" SCNu64 "+%" SCNu64 ":%16" SCNx64
#define FILE_OF(f) (f).rows, (f).features, (f).values, (f).digest
#define FILE_TO(f) &(f).rows, &(f).features, &(f).values, &(f).digest

void task_write(const struct train_task *task, struct buf *out)
{
    const struct train_sums *s = &task->sums;

    /* Epochs count from 1 where people read them. */
    buf_printf(out,
               "%s epoch=%" PRIu64 " row=%" PRIu64 " until=%" PRIu64 ":%" PRIu64 " weights=%" PRIu64
               " sums=%.17g:%.17g:%.17g:%" PRIu64 ":%" PRIu64 ":%" PRIu64 ":%" PRIu64
               " classes=%" PRIu64 " fill=%d columns=%d data=" FILE_PRINT " test=" FILE_PRINT,
               kinds[task->kind], task->from.epoch + 1, task->from.row, task->until.epoch + 1,
               task->until.row, task->version, s->loss, s->objective, s->absolute, s->correct,
               s->hits, s->guessed, s->positive, task->classes, task->fill, task->columns,
               FILE_OF(task->data), FILE_OF(task->test));
}

enum dtq_err task_read(const void *spec, size_t len, struct train_task *out, struct dtq_why *why)
{
    char text[TEXT_MAX], word[8];
    struct train_task task = {0};
    struct train_sums *s = &task.sums;
    int end = -1, fill = 0, columns = 0;

    if (!text_copy(spec, len, text, sizeof text))
        return err_set(why, DTQ_INPUT, "a task of %zu bytes is no text that a training wrote", len);
    sscanf(text,
           "%7[a-z] epoch=%" SCNu64 " row=%" SCNu64 " until=%" SCNu64 ":%" SCNu64
           " weights=%" SCNu64 " sums=%lf:%lf:%lf:%" SCNu64 ":%" SCNu64 ":%" SCNu64 ":%" SCNu64
           " classes=%" SCNu64 " fill=%d columns=%d data=" FILE_SCAN " test=" FILE_SCAN "%n",
           word, &task.from.epoch, &task.from.row, &task.until.epoch, &task.until.row,
           &task.version, &s->loss, &s->objective, &s->absolute, &s->correct, &s->hits, &s->guessed,
           &s->positive, &task.classes, &fill, &columns, FILE_TO(task.data), FILE_TO(task.test),
           &end);
    if (end < 0 || text[end] || !kind_find(word, &task.kind) || !task.from.epoch ||
        !task.until.epoch || task.classes > TRAIN_CLASSES_MAX || fill >> 1 || columns >> 1)
        return err_set(why, DTQ_INPUT, "the task \"%s\" is none that a training wrote", text);
    task.from.epoch--;
    task.until.epoch--;
    task.fill = fill;
    task.columns = columns;
    *out = task;
    return DTQ_OK;
}

/* All that follows the head of a result consists of 8-byte words: stored and swapped as such. */
static void words_write(const void *words, uint64_t count, struct buf *out)
{
    char *to = buf_grow(out, count * 8);

    for (uint64_t i = 0; to && i < count; i++) {
        uint64_t word;

        memcpy(&word, (const char *)words + i * 8, 8);
        word = htole64(word);
        memcpy(to + i * 8, &word, 8);
    }
}

static void words_read(const char *from, uint64_t count, void *words)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word;

        memcpy(&word, from + i * 8, 8);
        word = le64toh(word);
        memcpy((char *)words + i * 8, &word, 8);
    }
}

/* Words of a result; false when that is no number of memory. */
static bool result_words(const struct train_result *r, uint64_t *out)
{
    uint64_t records, vectors, words;

    if (__builtin_mul_overflow(r->record_count, (uint64_t)RECORD_WORDS, &records) ||
        __builtin_mul_overflow(r->vector_count, r->width, &vectors) ||
        __builtin_add_overflow(records, vectors, &words) ||
        __builtin_add_overflow(words, r->extra_count, &words) ||
        __builtin_add_overflow(words, (uint64_t)RECORD_WORDS, &words) || words > SIZE_MAX / 8)
        return false;
    *out = words;
    return true;
}

void result_write(const struct train_result *result, struct buf *out)
{
    uint64_t words = 0;

    buf_printf(out,
               "weights=%" PRIu64 " records=%" PRIu64 " vectors=%" PRIu64 " width=%" PRIu64
               " extra=%" PRIu64 " near=%" PRIu64 " by=%s\n",
               result->version, result->record_count, result->vector_count, result->width,
               result->extra_count, result->near, result->helpers);
    if (!result_words(result, &words)) out->failed = true;
    words_write(result->rest, words, out);
}

bool result_alloc(struct train_result *r)
{
    uint64_t words;

    if (!result_words(r, &words) || !(r->rest = calloc(words, 8))) return false;
    r->records = r->rest + 1;
    r->vectors = (double *)(void *)(r->records + r->record_count);
    r->extra = r->vectors + r->vector_count * r->width;
    return true;
}

void result_clear(struct train_result *result)
{
    free(result->rest);
    memset(result, 0, sizeof *result);
}

/* The names at the end of the head, up to its line end. */
static bool helpers_scan(const char *from, char *to)
{
    size_t len = strcspn(from, "\n");

    if (len >= TRAIN_HELPERS_MAX || strcmp(from + len, "\n") != 0) return false;
    for (size_t i = 0; i < len; i++)
        if (from[i] < ' ' || from[i] > '~') return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

enum dtq_err result_read(const void *data, size_t len, struct train_result *out,
                         struct dtq_why *why)
{
    const char *newline = len ? memchr(data, '\n', len) : NULL;
    size_t head = newline ? (size_t)(newline - (const char *)data) + 1 : 0;
    struct train_result r = {0};
    char text[HEAD_MAX];
    uint64_t words;
    int end = -1;

    if (head && text_copy(data, head, text, sizeof text))
        sscanf(text,
               "weights=%" SCNu64 " records=%" SCNu64 " vectors=%" SCNu64 " width=%" SCNu64
               " extra=%" SCNu64 " near=%" SCNu64 " by=%n",
               &r.version, &r.record_count, &r.vector_count, &r.width, &r.extra_count, &r.near,
               &end);
    if (end < 0 || !helpers_scan(text + end, r.helpers) || !result_words(&r, &words) ||
        (len - head) % 8 || words != (len - head) / 8)
        return err_set(why, DTQ_INPUT, "a result of %zu bytes is none that a training wrote", len);
    if (!result_alloc(&r)) return err_set(why, DTQ_NOMEM, "out of memory for a result");
    words_read((const char *)data + head, words, r.rest);
    *out = r;
    return DTQ_OK;
}

/* --- what a probe saw ------------------------------------------------------------------------- */

void probe_clear(struct train_probe *probe)
{
    free(probe->classes);
    free(probe->counts);
    free(probe->fill);
    cJSON_free(probe->names);
    memset(probe, 0, sizeof *probe);
}

static void facts_line(const char *name, const struct train_facts *f, struct buf *out)
{
    buf_printf(out,
               "%s=" FILE_PRINT " used=%" PRIu64 " positive=%" PRIu64
               " zeroOne=%d least=%.17g most=%.17g spread=%.17g\n",
               name, FILE_OF(f->file), f->used, f->positive, f->zero_one, f->least, f->most,
               f->spread);
}

/* Reads one line at *at and moves *at behind it. */
static bool facts_scan(const char **at, const char *name, struct train_facts *f)
{
    size_t name_len = strlen(name);
    int end = -1, zero_one;

    if (strncmp(*at, name, name_len)) return false;
    *at += name_len;
    sscanf(*at,
           "=" FILE_SCAN " used=%" SCNu64 " positive=%" SCNu64
           " zeroOne=%d least=%lf most=%lf spread=%lf%n",
           FILE_TO(f->file), &f->used, &f->positive, &zero_one, &f->least, &f->most, &f->spread,
           &end);
    if (end < 0 || (*at)[end] != '\n' || !f->file.rows || !f->file.features) return false;
    f->zero_one = zero_one != 0;
    *at += end + 1;
    return true;
}

static bool classes_scan(const char **at, struct train_probe *probe)
{
    int end = -1;

    sscanf(*at, "classes=%" SCNu64 "%n", &probe->class_count, &end);
    if (end < 0 || (*at)[end] != '\n' || probe->class_count > TRAIN_CLASSES_MAX) return false;
    *at += end + 1;
    probe->classes = calloc(probe->class_count + 1, sizeof(double));
    probe->counts = calloc(probe->class_count + 1, sizeof(double));
    for (uint64_t i = 0; probe->classes && probe->counts && i < probe->class_count; i++) {
        end = -1;
        sscanf(*at, "%lf %lf%n", &probe->classes[i], &probe->counts[i], &end);
        if (end < 0 || (*at)[end] != '\n' || !(probe->counts[i] >= 0) ||
            (i && !(probe->classes[i] > probe->classes[i - 1])))
            return false;
        *at += end + 1;
    }
    return probe->classes && probe->counts;
}

/* Told when it is known. */
static bool near_scan(const char **at, struct train_probe *probe)
{
    int end = -1;

    if (sscanf(*at, "near=%" SCNu64 "%n", &probe->near, &end) < 1) return true;
    if (end < 0 || (*at)[end] != '\n') return false;
    *at += end + 1;
    return true;
}

/* The means of the columns, when they were asked for. */
static bool fill_scan(const char **at, struct train_probe *probe)
{
    uint64_t count;
    int end = -1;

    if (sscanf(*at, "fill=%" SCNu64 "%n", &count, &end) < 1) return true;
    if (end < 0 || count != probe->data.file.features || count > strlen(*at)) return false;
    probe->fill = malloc(count * sizeof *probe->fill);
    probe->fill_count = count;
    *at += end;
    for (uint64_t i = 0; probe->fill && i < count; i++) {
        char *behind;

        probe->fill[i] = strtod(*at, &behind);
        if (behind == *at || !isfinite(probe->fill[i])) return false;
        *at = behind;
    }
    return probe->fill && *(*at)++ == '\n';
}

/* The last line, when there is one. */
static bool names_scan(const char **at, struct train_probe *probe)
{
    static const char key[] = "names=";
    size_t len = strlen(*at);
    cJSON *names;
    const cJSON *name;
    bool texts;

    if (!len) return true;
    if (strncmp(*at, key, sizeof key - 1) || (*at)[len - 1] != '\n') return false;
    names = cJSON_ParseWithLength(*at + sizeof key - 1, len - sizeof key);
    texts = cJSON_IsArray(names);
    cJSON_ArrayForEach(name, names) texts = texts && cJSON_IsString(name);
    if (texts) probe->names = cJSON_PrintUnformatted(names);
    cJSON_Delete(names);
    *at += len;
    return texts && probe->names;
}

void probe_write(const struct train_probe *probe, struct buf *out)
{
    facts_line("data", &probe->data, out);
    if (probe->has_test) facts_line("test", &probe->test, out);
    buf_printf(out, "classes=%" PRIu64 "\n", probe->class_count);
    for (uint64_t i = 0; i < probe->class_count; i++)
        buf_printf(out, "%.17g %.17g\n", probe->classes[i], probe->counts[i]);
    if (probe->near) buf_printf(out, "near=%" PRIu64 "\n", probe->near);
    if (probe->fill) buf_printf(out, "fill=%" PRIu64, probe->fill_count);
    for (uint64_t i = 0; probe->fill && i < probe->fill_count; i++)
        buf_printf(out, " %.17g", probe->fill[i]);
    if (probe->fill) buf_text(out, "\n");
    if (probe->names) buf_printf(out, "names=%s\n", probe->names);
}

enum dtq_err probe_read(const void *bytes, size_t len, struct train_probe *out, struct dtq_why *why)
{
    struct train_probe probe = {0};
    char *text = malloc(len + 1);
    const char *at = text;
    bool fits;

    if (!text) return err_set(why, DTQ_NOMEM, "out of memory for a result");
    fits = text_copy(bytes, len, text, len + 1) && facts_scan(&at, "data", &probe.data);
    if (fits) probe.has_test = facts_scan(&at, "test", &probe.test);
    fits = fits && classes_scan(&at, &probe) && near_scan(&at, &probe) && fill_scan(&at, &probe) &&
           names_scan(&at, &probe);
    free(text);
    if (!fits) {
        probe_clear(&probe);
        return err_set(why, DTQ_INPUT, "a result of %zu bytes is none that a probe wrote", len);
    }
    *out = probe;
    return DTQ_OK;
}
