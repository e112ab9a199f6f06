/* test_train_input.c: what a training refuses: parameters, files that do not fit, bytes from
 * outside. */
#include "jobs/job.h"
#include "jobs/train/codec.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"
#include "tests/support/rounds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;

static void refuse(const char *text, const char *part, const char *other)
{
    ask_refused("train", text, part, other);
}

static void parameters_that_make_no_sense_are_sentences(void **state)
{
    (void)state;
    refuse("model=logreg", "dataRef is missing", "digits.csv");
    refuse("dataRef=file:a", "model is missing", "linreg logreg");
    refuse("model=logreg|dataRef=http://host/a.csv", "dataRef=http://host/a.csv: only files",
           "\"http:\"");
    refuse("model=logreg|dataRef=s3:a", "\"s3:\"", "such as dataRef=digits.csv");
    refuse("model=logreg|dataRef=file:", "dataRef=file: lacks a path", "dataRef=digits.csv");
    refuse("model=logreg|dataRef=file:a|testRef=redis:b", "testRef=redis:b", "\"redis:\"");
    refuse("model=logreg|dataRef=file:a|labelRef=x:b", "labelRef=x:b", "labelRef=");
    refuse("model=logreg|dataRef=file:a|testLabelRef=x:b", "testLabelRef=x:b", "testLabelRef=");
    refuse("model=logreg|dataRef=file:a|task=binary_is_cat", "task=binary_is_cat", "nine");
    refuse("model=logreg|dataRef=file:a|task=digits", "task=digits", "binary_is_");
    refuse("model=logreg|dataRef=file:a|normalize=0", "normalize=0", "above 0");
    refuse("model=logreg|dataRef=file:a|normalize=x", "normalize=x", "normalize=255");
    refuse("model=logreg|dataRef=file:a|csvLabel=y", "csvLabel=y", "hasHeader=true");
    refuse("model=logreg|dataRef=file:a|w=1|wFile=f", "w and wFile", "one of them");
    refuse("model=logreg|dataRef=file:a|lr=0", "lr=0", "above 0");
    refuse("model=logreg|dataRef=file:a|epochs=0", "epochs=0", "1 to 1000000");
    refuse("model=logreg|dataRef=file:a|batchsize=0", "batchSize=0", "1 to");
    refuse("model=logreg|dataRef=file:a|mode=async2", "mode=async2", "sync async");
    refuse("model=softmax|dataRef=file:a|task=binary_is_1", "task=binary_is_1", "multiclass");
    refuse("model=logreg|dataRef=file:a|task=multiclass", "task=multiclass", "model=softmax");
    refuse("model=logreg|dataRef=file:a|testRef=file:b|holdout=5", "holdout and testRef", "one of");
    refuse("model=logreg|dataRef=file:a|staleness=2", "staleness=2", "mode=async");
    refuse("model=logreg|dataRef=file:a|mode=async|staleness=x", "staleness=x", "staleness=4");
    refuse("model=logreg|dataRef=file:a|shards=4", "shards=4", "mode=average");
    refuse("model=logreg|dataRef=file:a|optimizer=adam|momentum=0.5", "momentum=0.5", "sgd");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|mode=async", "lbfgs", "mode=sync");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|l1=1", "l1=1", "l2");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|lr=0.1",
           "lr=0.1: optimizer=lbfgs chooses its own steps", "omit lr");
    refuse("model=logreg|dataRef=file:a|Lr=3|optimizer=lbfgs", "lr=3: optimizer", "omit lr");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|batchSize=128", "batchSize=128",
           "all rows");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|lrSchedule=step", "lrSchedule=step", "own");
    refuse("model=logreg|dataRef=file:a|tol=1e-3", "tol=0.001", "omit tol");
    refuse("model=logreg|dataRef=file:a|lrDrop=0.5", "lrDrop=0.5", "lrSchedule=step");
    refuse("model=logreg|dataRef=file:a|lrSchedule=cosine|lrEvery=2", "lrEvery=2", "omit lrEvery");
    refuse("model=logreg|dataRef=file:a|lrPower=1", "lrPower=1", "lrSchedule=invscaling");
    refuse("model=logreg|dataRef=file:a|lrEpochs=9", "lrEpochs=9", "lrSchedule=cosine");
    refuse("model=logreg|dataRef=file:a|init=zeros|w=1,2,3", "init=zeros", "omit init");
    refuse("model=logreg|dataRef=file:a|optimizer=lbfgs|shuffle=true", "shuffle=true", "no order");
    refuse("model=linreg|dataRef=file:a|classWeight=balanced", "balanced", "no classes");
    refuse("model=logreg|dataRef=file:a|watch=test_loss", "watch=test_loss", "holdout");
    refuse("model=linreg|dataRef=file:a|watch=accuracy", "watch=accuracy", "a loss");
    refuse("model=softmax|dataRef=file:a|watch=auc", "watch=auc", "only model=logreg");
    refuse("model=logreg|dataRef=file:a|watch=auc", "watch=auc", "metrics=full");
    refuse("model=logreg|dataRef=file:a|delimiter=ab", "delimiter", "ab");
    refuse("type=sum|model=logreg|dataRef=file:a", "type=sum", "this is a train job");
    refuse("type=TrainJob|model=logreg|dataRef=file:a", "type=TrainJob", "omit type");
    refuse("model=linreg|dataRef=file:a|task=binary_is_cat", "task=binary_is_cat", "nine");
    refuse("model=linreg|dataRef=file:a|task=multiclass", "task=multiclass", "model=softmax");
    cJSON_Delete(
        ask_params("train", "type=train|model=logreg|dataRef=file:a|csvLabel=last|normalize=none"));
    cJSON_Delete(ask_params("train", "model=logreg|dataRef=file:a|task=binary_is_seven|seed=3"));
    cJSON_Delete(ask_params("train", "type=TrainGdBatchJob|model=logreg|dataRef=./data/a:b.csv"));
}

/* What was not typed for this job is dropped where it does nothing. */
static void idle_fields_of_a_former_job_are_dropped(void **state)
{
    static const char *const first[] = {
        "model=logreg|dataRef=file:a|lr=0.5|batchSize=7|lrSchedule=step|lrDrop=0.3|lrEvery=2"};
    static const char *const second[] = {"optimizer=lbfgs|tol=1e-3"}, *const third[] = {
                                                                          "optimizer=sgd|lr=2"};
    const struct job_type *train = job_find("train");
    cJSON *one, *two, *three;

    (void)state;
    assert_int_equal(job_params(train, first, 1, NULL, &one, &why), DTQ_OK);
    assert_false(cJSON_HasObjectItem(one, "tol"));
    assert_int_equal(job_params(train, second, 1, one, &two, &why), DTQ_OK);
    assert_true(cJSON_HasObjectItem(two, "tol"));
    assert_false(cJSON_HasObjectItem(two, "lr") || cJSON_HasObjectItem(two, "batchSize") ||
                 cJSON_HasObjectItem(two, "lrSchedule") || cJSON_HasObjectItem(two, "lrDrop"));
    assert_int_equal(job_params(train, third, 1, two, &three, &why), DTQ_OK);
    assert_false(cJSON_HasObjectItem(three, "tol"));
    assert_true(fields_real(three, "lr", 0) == 2);
    assert_int_equal(fields_int(three, "batchSize", 0), 128);
    /* Those of jobs that are there already, or come from elsewhere, are let be. */
    cJSON_AddNumberToObject(two, "lr", 0.1);
    assert_int_equal(job_check(train, two, &why), DTQ_OK);
    cJSON_Delete(one);
    cJSON_Delete(two);
    cJSON_Delete(three);
}

/* Six rows of two features; labels as given. */
static struct dataset table_of(const double *y, uint64_t features)
{
    static const double x[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    return (struct dataset){
        .rows = 6, .features = features, .type = DATASET_F64, .x = x, .y = y, .digest = 7};
}

static const double sevens[] = {7, 7, 8, 7, 8, 9}, all_alike[] = {3, 3, 3, 3, 3, 3};
static const double zero_one[] = {0, 1, 0, 1, 1, 0}, digits[] = {0, 1, 2, 3, 4, 9};

/* The job fails at once with a sentence. weights may be NULL. */
static void fails(const char *text, const double *y, uint64_t test_features, const double *weights,
                  size_t count, const char *part, const char *other)
{
    struct dataset data = table_of(y, 2), test = table_of(zero_one, test_features);
    const struct farm_table tables[] = {{"file:a", &data}, {"file:b", &test}, {NULL, NULL}};
    struct farm farm = {
        .seed = 1, .tables = tables, .first_weights = weights, .first_count = count};
    cJSON *params = ask_params("train", text);

    why.text[0] = '\0';
    assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_INPUT);
    ask_sentence(&why, part, other);
    assert_int_equal(cJSON_GetArraySize(farm.epochs), 0);
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void files_that_do_not_fit_fail_the_job_at_once(void **state)
{
    static const double three[] = {1, 2, 3}, wild[] = {1, NAN};

    (void)state;
    fails("model=logreg|dataRef=file:a|features=3", zero_one, 2, NULL, 0, "features=3",
          "has 2 columns");
    fails("model=logreg|dataRef=file:a|testRef=file:b", zero_one, 3, NULL, 0,
          "file:b has 3 columns", "file:a has 2");
    fails("model=logreg|dataRef=file:a", digits, 2, NULL, 0, "from 0 to 9", "task=binary_is_");
    fails("model=logreg|dataRef=file:a|task=binary_is_7", digits, 2, NULL, 0, "label 7",
          "none of the 6 rows");
    fails("model=linreg|dataRef=file:a|init=weights", digits, 2, three, 3, "3 weights were given",
          "2 features");
    fails("model=linreg|dataRef=file:a|init=weights", digits, 2, wild, 2, "weight 2 is nan",
          "finite");
    fails("model=linreg|dataRef=file:a|init=weights", digits, 2, NULL, 0, "no weights came",
          "wFile=");
    fails("model=softmax|dataRef=file:a|testRef=file:b", sevens, 2, NULL, 0, "row 1: label 0",
          "no row of file:a");
    fails("model=softmax|dataRef=file:a", all_alike, 2, NULL, 0, "only one label, 3", "two");
    fails("model=logreg|dataRef=file:a|holdout=7", zero_one, 2, NULL, 0, "holdout=7", "only 6");
    fails("model=linreg|dataRef=file:c", digits, 2, NULL, 0, "file:c", "");
    fails("model=linreg|dataRef=file:a|lr=1e300|epochs=9", digits, 2, NULL, 0,
          "loss of epoch 2 is no finite number", "smaller lr");
}

/* The training completes, with this warning; NULL: with none. */
static void warns(const char *text, const char *warning)
{
    struct dataset data = table_of(zero_one, 2);
    const struct farm_table tables[] = {{"a", &data}, {NULL, NULL}};
    struct farm farm = {.seed = 1, .tables = tables};
    cJSON *params = ask_params("train", text);
    const cJSON *warnings;

    assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_OK);
    warnings = cJSON_GetObjectItemCaseSensitive(farm.report, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), warning != NULL);
    if (warning) assert_string_equal(cJSON_GetStringValue(warnings->child), warning);
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void what_is_harmless_is_a_warning(void **state)
{
    (void)state;
    warns("model=linreg|dataRef=a|task=demo|bias=true|optimizer=lbfgs|epochs=50",
          "task=demo is ignored: model=linreg predicts the label itself");
    warns("model=linreg|dataRef=a|task=binary_is_one|bias=true|optimizer=lbfgs|epochs=50", NULL);
    warns("model=linreg|dataRef=a|samples=7|bias=true|optimizer=lbfgs|epochs=50",
          "samples=7, but a has 6 rows; all of them were used");
    warns("model=linreg|dataRef=a|samples=6|holdout=3|bias=true|optimizer=lbfgs|epochs=50",
          "samples=6, but a has 4 rows that are not held back; all of them were used");
    warns("model=linreg|dataRef=a|samples=6|bias=true|optimizer=lbfgs|epochs=50", NULL);
}

static void a_worker_that_sees_another_file_says_so(void **state)
{
    struct dataset data = table_of(zero_one, 2);
    struct train_task task = {
        .kind = TRAIN_RUN, .until = {.row = 6}, .data = {.rows = 6, .features = 2, .digest = 8}};
    const struct farm_table tables[] = {{"file:a", &data}, {NULL, NULL}};
    cJSON *params = ask_params("train", "model=logreg|dataRef=file:a");
    struct buf spec = {0};

    (void)state;
    task_write(&task, &spec);
    assert_int_equal(farm_compute(tables, job_find("train"), params, &spec, &why), DTQ_INPUT);
    ask_sentence(&why, "another file", "0000000000000007");
    buf_clear(&spec);
    cJSON_Delete(params);
}

static void weights_are_taken_from_text_and_file(void **state)
{
    char path[] = "/tmp/dtq_weights_XXXXXX", text[200];
    const struct job_type *type = job_find("train");
    cJSON *params = ask_params("train", "model=linreg|dataRef=file:a|w=1,-2.5, 1e-3");
    double *w = NULL;
    size_t count;
    int fd;

    (void)state;
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_OK);
    assert_int_equal(count, 3);
    assert_true(w[0] == 1 && w[1] == -2.5 && w[2] == 1e-3);
    assert_string_equal(fields_text(params, "init", ""), "weights");
    assert_null(cJSON_GetObjectItemCaseSensitive(params, "w"));
    assert_int_equal(job_check(type, params, &why), DTQ_OK);
    free(w);
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_OK);
    assert_null(w);
    assert_int_equal(count, 0);
    cJSON_Delete(params);

    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "0.5\n1.5 2.5\r\n", 13), 13);
    snprintf(text, sizeof text, "model=linreg|dataRef=file:a|wFile=%s", path);
    params = ask_params("train", text);
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_OK);
    assert_int_equal(count, 3);
    assert_true(w[2] == 2.5);
    free(w);
    cJSON_Delete(params);

    assert_int_equal(write(fd, "x", 1), 1);
    params = ask_params("train", text);
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_INPUT);
    ask_sentence(&why, "value 4", "\"x\"");
    assert_non_null(cJSON_GetObjectItemCaseSensitive(params, "wFile"));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_INPUT);
    ask_sentence(&why, "no numbers", path);
    close(fd);
    unlink(path);
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_INPUT);
    ask_sentence(&why, path, "No such file");
    cJSON_Delete(params);
    params = ask_params("train", "model=linreg|dataRef=file:a|wFile=/tmp");
    assert_int_equal(type->take_weights(params, &w, &count, &why), DTQ_INPUT);
    ask_sentence(&why, "wFile=/tmp", "irectory");
    cJSON_Delete(params);
}

static void tasks_and_results_survive_the_trip(void **state)
{
    struct train_task task = {.kind = TRAIN_GRAD,
                              .from = {3, 1000},
                              .until = {3, 2000},
                              .version = 17,
                              .sums = {.loss = 0.1, .correct = 9, .hits = 3},
                              .classes = 10,
                              .fill = true,
                              .data = {60000, 784, 0, UINT64_MAX},
                              .test = {10000, 784, 9, 1}},
                      task_back;
    struct train_result r = {.version = 5,
                             .record_count = 2,
                             .vector_count = 3,
                             .width = 4,
                             .extra_count = 2},
                        r_back;
    struct buf text = {0};

    (void)state;
    task_write(&task, &text);
    assert_string_equal(text.data,
                        "grad epoch=4 row=1000 until=4:2000 weights=17 "
                        "sums=0.10000000000000001:0:0:9:3:0:0 classes=10 fill=1 columns=0 "
                        "data=60000x784+0:ffffffffffffffff test=10000x784+9:0000000000000001");
    assert_int_equal(task_read(text.data, text.len, &task_back, &why), DTQ_OK);
    assert_int_equal(task_back.kind, TRAIN_GRAD);
    assert_int_equal(task_back.until.row, 2000);
    assert_true(task_back.sums.loss == 0.1 && task_back.sums.hits == 3 && task_back.fill &&
                !task_back.columns && task_back.data.digest == UINT64_MAX);
    buf_reset(&text);
    assert_true(result_alloc(&r));
    r.rest->train.loss = 1.0 / 3;
    r.records[1].test.correct = 77;
    r.extra[1] = 5;
    r.vectors[11] = -0.0;
    result_write(&r, &text);
    assert_int_equal(result_read(text.data, text.len, &r_back, &why), DTQ_OK);
    assert_int_equal(r_back.records[1].test.correct, 77);
    assert_true(signbit(r_back.vectors[11]) && r_back.rest->train.loss == 1.0 / 3 &&
                r_back.extra[1] == 5);
    result_clear(&r_back);
    for (size_t len = 0; len < text.len; len++)
        assert_int_equal(result_read(text.data, len, &r_back, &why), DTQ_INPUT);
    result_clear(&r);
    buf_clear(&text);
}

static void results_that_lie_about_their_size_are_refused(void **state)
{
    static const char *const heads[] = {
        "weights=0 records=4611686018427387904 vectors=0 width=0 extra=0\n",
        "weights=0 records=0 vectors=4294967296 width=4294967296 extra=0\n",
        "weights=0 records=0 vectors=0 width=0 extra=18446744073709551615\n",
        "weights=0 records=0 vectors=0 width=0 extra=2305843009213693944\n",
        "weights=0 records=1 vectors=0 width=0 extra=0\n",
        "weights=0 records=-1 vectors=0 width=0 extra=0\n",
        "weights=0 records=0 vectors=0 width=0 extra=0 \n",
        "weights=0 records=x vectors=0 width=0 extra=0\n",
        "weights=0\n",
        "\n",
        "no newline",
    };
    struct train_result r;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_int_equal(result_read(heads[i], strlen(heads[i]), &r, &why), DTQ_INPUT);
    assert_int_equal(result_read(NULL, 0, &r, &why), DTQ_INPUT);
}

/* Bytes of a checkpoint, a task and a result bent at random: an answer or a refusal, nothing else.
 */
static void bent_bytes_never_harm(void **state)
{
    static const char *const texts[] = {
        "model=logreg|dataRef=file:a|testRef=file:b|patience=2|epochs=3",
        "model=softmax|dataRef=file:a|holdout=2|epochs=3|mode=average|shards=2|momentum=0.5",
        "model=logreg|dataRef=file:a|optimizer=lbfgs|l2=0.1|epochs=3|normalize=standard",
        "model=logreg|dataRef=file:a|testRef=file:b|epochs=3|normalize=minmax|metrics=full",
        "model=linreg|dataRef=file:a|mode=async|batchSize=1|epochs=3|optimizer=adam",
    };
    struct dataset data = table_of(zero_one, 2), test = table_of(zero_one, 2);
    const struct farm_table tables[] = {{"file:a", &data}, {"file:b", &test}, {NULL, NULL}};
    unsigned refused[3] = {0}, count = (unsigned)rounds(4800);

    (void)state;
    for (unsigned i = 0; i < count; i++) {
        cJSON *params = ask_params("train", texts[i / 3 % 5]);
        struct farm farm = {
            .seed = i, .tables = tables, .bend = 1 + i % 3, .takeovers_percent = 30};
        enum dtq_err err = farm_run(&farm, job_find("train"), params, &why);

        /* A bent version asks for weights that are no more. */
        assert_true(err == DTQ_OK || err == DTQ_INPUT || err == DTQ_CANCELLED);
        refused[i % 3] += (err != DTQ_OK) + farm.refused;
        farm_clear(&farm);
        cJSON_Delete(params);
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(refused[i] > count / 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_fields_of_a_former_job_are_dropped),
        cmocka_unit_test(parameters_that_make_no_sense_are_sentences),
        cmocka_unit_test(files_that_do_not_fit_fail_the_job_at_once),
        cmocka_unit_test(what_is_harmless_is_a_warning),
        cmocka_unit_test(a_worker_that_sees_another_file_says_so),
        cmocka_unit_test(weights_are_taken_from_text_and_file),
        cmocka_unit_test(tasks_and_results_survive_the_trip),
        cmocka_unit_test(results_that_lie_about_their_size_are_refused),
        cmocka_unit_test(bent_bytes_never_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
