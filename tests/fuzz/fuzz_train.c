/* fuzz_train.c: what travels between the master and the workers of a training, and what it finds in
 * Redis after a takeover. The first byte chooses the reader. What is read must come out the same
 * when it is written and read again. */
#include "tests/fuzz/fuzz.h"

#include "jobs/train/codec.h"
#include "jobs/train/state.h"

#include <stdlib.h>
#include <string.h>

static void read_task(const void *data, size_t size)
{
    struct train_task task, again;
    struct buf text = {0};
    struct dtq_why why = {""};
    memset(&task, 0, sizeof task);
    memset(&again, 0, sizeof again);
    if (task_read(data, size, &task, &why) != DTQ_OK) {
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
        return;
    }
    task_write(&task, &text);
    fuzz_require(!text.failed && task_read(text.data, text.len, &again, &why) == DTQ_OK,
                 "a task that is written can be read");
    fuzz_require(again.kind == task.kind && again.from.row == task.from.row &&
                     again.until.row == task.until.row && again.version == task.version,
                 "a task is the same when read again");
    buf_clear(&text);
}

static void read_result(const void *data, size_t size)
{
    struct train_result result = {0}, again = {0};
    struct buf text = {0};
    struct dtq_why why = {""};
    if (result_read(data, size, &result, &why) != DTQ_OK) {
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
        return;
    }
    result_write(&result, &text);
    fuzz_require(!text.failed && result_read(text.data, text.len, &again, &why) == DTQ_OK,
                 "a result that is written can be read");
    const size_t bytes = result.vector_count * result.width * sizeof *result.vectors;
    fuzz_require(again.vector_count == result.vector_count && again.width == result.width &&
                     (bytes == 0 || memcmp(again.vectors, result.vectors, bytes) == 0),
                 "a result is the same when read again");
    result_clear(&result);
    result_clear(&again);
    buf_clear(&text);
}

static void read_probe(const void *data, size_t size)
{
    struct train_probe probe = {0}, again = {0};
    struct buf text = {0};
    struct dtq_why why = {""};
    if (probe_read(data, size, &probe, &why) != DTQ_OK) {
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
        return;
    }
    probe_write(&probe, &text);
    fuzz_require(!text.failed && probe_read(text.data, text.len, &again, &why) == DTQ_OK,
                 "what a probe wrote can be read");
    fuzz_require(again.class_count == probe.class_count && again.has_test == probe.has_test &&
                     again.near == probe.near,
                 "it is the same when read again");
    probe_clear(&probe);
    probe_clear(&again);
    buf_clear(&text);
}

static void read_checkpoint(const void *data, size_t size)
{
    static const char *const texts[] = {
        "model=logreg|dataRef=file:a.csv|testRef=file:b.csv|lr=0.1|epochs=9|batchSize=16",
    };
    const struct job_type *type = job_find("train");
    static const double w[4] = {0.5, 1, -2, 3};
    const struct job_vectors vectors = {.weights = {w, 4}};
    struct job_state *s = NULL;
    struct dtq_why why = {""};
    cJSON *params = NULL;
    fuzz_require(type && job_params(type, texts, 1, NULL, &params, &why) == DTQ_OK, why.text);
    if (type->open(params, data, size, &vectors, &s, &why) == DTQ_OK) {
        struct buf text = {0};
        type->checkpoint(s, &text);
        fuzz_require(!text.failed, "no memory");
        buf_clear(&text);
        type->close(s);
    } else {
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
    }
    cJSON_Delete(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const void *, size_t) = {read_task, read_result, read_probe,
                                                            read_checkpoint};
    if (size < 1) return 0;
    readers[data[0] % (sizeof readers / sizeof readers[0])](data + 1, size - 1);
    return 0;
}
