/* codec.c: what travels between the master and the workers of a training. */
#include "jobs/train/codec.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 512, /* a spec, the head of a result, the facts of two files */
    RECORD_WORDS = sizeof(struct train_record) / 8,
};

static const char *const kinds[] = {"probe", "run", "grad", "batch", "eval"};

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
static bool text_copy(const void *bytes, size_t len, char *to)
{
    if (!len || len >= TEXT_MAX || memchr(bytes, '\0', len)) return false;
    memcpy(to, bytes, len);
    to[len] = '\0';
    return true;
}

#define FILE_PRINT "%" PRIu64 "x%" PRIu64 ":%016" PRIx64
#define FILE_SCAN  "%" SCNu64 "x%" SCNu64 ":%16" SCNx64

void task_write(const struct train_task *task, struct buf *out)
{
    /* Epochs count from 1 where people read them. */
    buf_printf(out,
               "%s epoch=%" PRIu64 " row=%" PRIu64 " until=%" PRIu64 ":%" PRIu64 " weights=%" PRIu64
               " loss=%.17g correct=%" PRIu64 " data=" FILE_PRINT " test=" FILE_PRINT,
               kinds[task->kind], task->from.epoch + 1, task->from.row, task->until.epoch + 1,
               task->until.row, task->version, task->loss, task->correct, task->data.rows,
               task->data.features, task->data.digest, task->test.rows, task->test.features,
               task->test.digest);
}

enum dtq_err task_read(const void *spec, size_t len, struct train_task *out, struct dtq_why *why)
{
    char text[TEXT_MAX], word[8];
    struct train_task task;
    int end = -1;

    if (!text_copy(spec, len, text))
        return err_set(why, DTQ_INPUT, "a task of %zu bytes is no text that a training wrote", len);
    sscanf(text,
           "%7[a-z] epoch=%" SCNu64 " row=%" SCNu64 " until=%" SCNu64 ":%" SCNu64
           " weights=%" SCNu64 " loss=%lf correct=%" SCNu64 " data=" FILE_SCAN " test=" FILE_SCAN
           "%n",
           word, &task.from.epoch, &task.from.row, &task.until.epoch, &task.until.row,
           &task.version, &task.loss, &task.correct, &task.data.rows, &task.data.features,
           &task.data.digest, &task.test.rows, &task.test.features, &task.test.digest, &end);
    if (end < 0 || text[end] || !kind_find(word, &task.kind) || !task.from.epoch ||
        !task.until.epoch)
        return err_set(why, DTQ_INPUT, "the task \"%s\" is none that a training wrote", text);
    task.from.epoch--;
    task.until.epoch--;
    *out = task;
    return DTQ_OK;
}

/* records and vectors consist of 8-byte words only: they are stored and swapped as such. */
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

void result_write(const struct train_result *result, struct buf *out)
{
    buf_printf(out,
               "weights=%" PRIu64 " loss=%.17g correct=%" PRIu64 " records=%" PRIu64
               " vectors=%" PRIu64 " features=%" PRIu64 "\n",
               result->version, result->loss, result->correct, result->record_count,
               result->vector_count, result->features);
    words_write(result->records, result->record_count * RECORD_WORDS, out);
    words_write(result->vectors, result->vector_count * result->features, out);
}

bool result_alloc(struct train_result *result)
{
    uint64_t records = result->record_count * RECORD_WORDS;

    result->records = calloc(records + result->vector_count * result->features + 1, 8);
    if (!result->records) return false;
    result->vectors = (double *)(void *)(result->records + result->record_count);
    return true;
}

void result_clear(struct train_result *result)
{
    free(result->records);
    memset(result, 0, sizeof *result);
}

/* True when so many records and vectors take exactly this many bytes. */
static bool sizes_match(const struct train_result *r, size_t bytes)
{
    uint64_t records, vectors, words;

    return !__builtin_mul_overflow(r->record_count, (uint64_t)RECORD_WORDS, &records) &&
           !__builtin_mul_overflow(r->vector_count, r->features, &vectors) &&
           !__builtin_add_overflow(records, vectors, &words) && bytes % 8 == 0 &&
           words == bytes / 8;
}

enum dtq_err result_read(const void *data, size_t len, struct train_result *out,
                         struct dtq_why *why)
{
    const char *newline = len ? memchr(data, '\n', len) : NULL;
    size_t head = newline ? (size_t)(newline - (const char *)data) + 1 : 0;
    struct train_result r = {0};
    char text[TEXT_MAX];
    int end = -1;

    if (head && text_copy(data, head, text))
        sscanf(text,
               "weights=%" SCNu64 " loss=%lf correct=%" SCNu64 " records=%" SCNu64
               " vectors=%" SCNu64 " features=%" SCNu64 "%n",
               &r.version, &r.loss, &r.correct, &r.record_count, &r.vector_count, &r.features,
               &end);
    if (end < 0 || (size_t)end + 1 != head || !sizes_match(&r, len - head))
        return err_set(why, DTQ_INPUT, "a result of %zu bytes is none that a training wrote", len);
    if (!result_alloc(&r)) return err_set(why, DTQ_NOMEM, "out of memory for a result");
    words_read((const char *)data + head, r.record_count * RECORD_WORDS, r.records);
    words_read((const char *)data + head + r.record_count * sizeof *r.records,
               r.vector_count * r.features, r.vectors);
    *out = r;
    return DTQ_OK;
}

static void facts_line(const char *name, const struct train_facts *f, struct buf *out)
{
    buf_printf(out, "%s=" FILE_PRINT " positive=%" PRIu64 " zeroOne=%d least=%.17g most=%.17g\n",
               name, f->file.rows, f->file.features, f->file.digest, f->positive, f->zero_one,
               f->least, f->most);
}

/* Reads one line at *at and moves *at behind it. */
static bool facts_scan(const char **at, const char *name, struct train_facts *f)
{
    size_t name_len = strlen(name);
    int end = -1, zero_one;

    if (strncmp(*at, name, name_len)) return false;
    *at += name_len;
    sscanf(*at, "=" FILE_SCAN " positive=%" SCNu64 " zeroOne=%d least=%lf most=%lf%n",
           &f->file.rows, &f->file.features, &f->file.digest, &f->positive, &zero_one, &f->least,
           &f->most, &end);
    if (end < 0 || (*at)[end] != '\n' || !f->file.rows || !f->file.features) return false;
    f->zero_one = zero_one != 0;
    *at += end + 1;
    return true;
}

void facts_write(const struct train_facts *data, const struct train_facts *test, struct buf *out)
{
    facts_line("data", data, out);
    if (test) facts_line("test", test, out);
}

enum dtq_err facts_read(const void *bytes, size_t len, struct train_facts *data,
                        struct train_facts *test, bool *has_test, struct dtq_why *why)
{
    struct train_facts d, t = {0};
    char text[TEXT_MAX];
    const char *at = text;

    if (!text_copy(bytes, len, text) || !facts_scan(&at, "data", &d) ||
        (*at && (!facts_scan(&at, "test", &t) || *at)))
        return err_set(why, DTQ_INPUT, "a result of %zu bytes is none that a probe wrote", len);
    *data = d;
    *test = t;
    *has_test = t.file.rows > 0;
    return DTQ_OK;
}
