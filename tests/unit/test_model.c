/* test_model.c: models scored, packed for workers, taken from trainings, written for other
 * programs. */
#include "common/fields.h"
#include "jobs/model.h"
#include "tests/support/ask.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static double *numbers(const double *from, size_t count)
{
    double *copy = model_numbers(from, count, &why);

    assert_non_null(copy);
    return copy;
}

static struct names named(const char *json)
{
    cJSON *array = cJSON_Parse(json);
    struct names names;

    assert_int_equal(names_read(array, &names, &why), DTQ_OK);
    cJSON_Delete(array);
    return names;
}

/* Three classes of two features, each feature with its own offset and factor. */
static struct model three(void)
{
    static const double w[] = {1, 2, -1, 0.5, 0, 1}, bias[] = {0.25, 0, -0.5};
    static const double offset[] = {10, -1}, factor[] = {0.5, 4}, classes[] = {3, 5, 8};

    return (struct model){.kind = MODEL_SOFTMAX,
                          .features = 2,
                          .outputs = 3,
                          .class_count = 3,
                          .scale = 1,
                          .weights = numbers(w, 6),
                          .bias = numbers(bias, 3),
                          .offset = numbers(offset, 2),
                          .factor = numbers(factor, 2),
                          .classes = numbers(classes, 3),
                          .names = named("[\"a\",\"b,\\\"c\\\"\",\"\"]")};
}

/* A binary one whose features are divided by 4, and empty cells filled in. */
static struct model binary(void)
{
    static const double w[] = {2, -1}, classes[] = {0, 1}, fill[] = {0.5, -3};

    return (struct model){.kind = MODEL_LOGREG,
                          .features = 2,
                          .outputs = 1,
                          .class_count = 2,
                          .scale = 4,
                          .one_of_many = true,
                          .positive = 7,
                          .weights = numbers(w, 2),
                          .classes = numbers(classes, 2),
                          .fill = numbers(fill, 2),
                          .missing = DATASET_MEAN};
}

static const double rows[] = {10, -1, 12, 0, 6, -2, 11, -1.5};

static struct dataset table(void)
{
    static const double y[4];

    return (struct dataset){.rows = 4, .features = 2, .type = DATASET_F64, .x = rows, .y = y};
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-14)) fail_msg("got %.17g, wanted %.17g", got, wanted);
}

static void softmax_scores_are_those_of_its_definition(void **state)
{
    struct model m = three();
    struct model_scorer *s = model_scorer_new(&m);
    struct dataset d = table();
    double scores[9];

    (void)state;
    model_score(s, &d, 1, 3, scores);
    for (int r = 0; r < 3; r++) {
        double z[3], sum = 0;

        for (int k = 0; k < 3; k++) {
            z[k] = m.bias[k];
            for (int j = 0; j < 2; j++)
                z[k] += m.weights[k * 2 + j] * (rows[(r + 1) * 2 + j] - m.offset[j]) * m.factor[j];
            sum += exp(z[k]);
        }
        for (int k = 0; k < 3; k++)
            assert_near(scores[r * 3 + k], exp(z[k]) / sum);
    }
    assert_int_equal((int)model_label(&m, (double[]){0.2, 0.5, 0.3}), 5);
    assert_int_equal((int)model_label(&m, (double[]){0.4, 0.2, 0.4}), 3);
    model_scorer_free(s);
    model_clear(&m);
}

static void large_scores_do_not_overflow(void **state)
{
    struct model m = three();
    struct model_scorer *s;
    struct dataset d = table();
    double scores[3];

    (void)state;
    m.weights[0] = 1e6;
    s = model_scorer_new(&m);
    model_score(s, &d, 1, 1, scores);
    assert_near(scores[0], 1);
    assert_near(scores[1], 0);
    model_scorer_free(s);
    model_clear(&m);
}

static void a_binary_model_scores_a_probability(void **state)
{
    struct model m = binary();
    struct model_scorer *s = model_scorer_new(&m);
    struct dataset d = table();
    double scores[4];

    (void)state;
    model_score(s, &d, 0, 4, scores);
    for (int r = 0; r < 4; r++)
        assert_near(scores[r], 1 / (1 + exp(-(2 * rows[r * 2] - rows[r * 2 + 1]) / 4)));
    assert_int_equal((int)model_label(&m, (double[]){0.5}), 1);
    assert_int_equal((int)model_label(&m, (double[]){0.49}), 0);
    model_scorer_free(s);
    model_clear(&m);
}

static void a_packed_model_comes_back_whole(void **state)
{
    struct model models[] = {three(), binary()};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct model *m = &models[i], back = {0};
        cJSON *params = cJSON_CreateObject();
        double *vector;
        size_t count;

        assert_int_equal(model_pack(m, params, &vector, &count, &why), DTQ_OK);
        assert_int_equal(model_unpack(params, vector, count, &back, &why), DTQ_OK);
        assert_int_equal(back.kind, m->kind);
        assert_int_equal(back.outputs, m->outputs);
        assert_int_equal(back.class_count, m->class_count);
        assert_true(back.scale == m->scale && back.positive == m->positive);
        assert_int_equal(back.one_of_many, m->one_of_many);
        assert_memory_equal(back.weights, m->weights,
                            m->outputs * m->features * sizeof *m->weights);
        assert_memory_equal(back.classes, m->classes, m->class_count * sizeof *m->classes);
        assert_int_equal(back.factor != NULL, m->factor != NULL);
        if (m->factor) assert_memory_equal(back.factor, m->factor, 2 * sizeof *m->factor);
        assert_int_equal(back.fill != NULL, m->fill != NULL);
        if (m->fill) assert_memory_equal(back.fill, m->fill, 2 * sizeof *m->fill);
        assert_int_equal(back.names.all.texts != NULL, m->names.all.texts != NULL);
        if (m->names.all.texts)
            assert_string_equal(dataset_names_get(&back.names.all, 1), "b,\"c\"");
        model_clear(&back);
        assert_int_equal(model_unpack(params, vector, count - 1, &back, &why), DTQ_INPUT);
        ask_sentence(&why, "numbers came with the job", "its model has");
        vector[1] = NAN;
        assert_int_equal(model_unpack(params, vector, count, &back, &why), DTQ_INPUT);
        ask_sentence(&why, "number 2", "finite");
        free(vector);
        cJSON_Delete(params);
        model_clear(m);
    }
}

/* The model of a training with these parameters and report, whose columns are a, b, c and y. */
static enum dtq_err take(const char *params, const char *report, const double *w, size_t count,
                         const double *scales, struct model *out)
{
    static const double fill[] = {7, 8, 9};
    cJSON *p = ask_params("train", params), *r = cJSON_Parse(report);
    struct names names = named("[\"a\",\"b\",\"c\",\"y\"]");
    struct model_learnt learnt = {{w, count}, {scales, scales ? 6 : 0}, {fill, 3}, {0}};
    double *columns = names_pack(&names.all, &learnt.columns.count);
    enum dtq_err err;

    learnt.columns.v = columns;
    if (!fields_bool(p, "hasHeader", false)) learnt.columns.count = 0;
    err = model_of_training(p, r, &learnt, out, &why);
    free(columns);
    names_clear(&names);
    cJSON_Delete(p);
    cJSON_Delete(r);
    return err;
}

static void a_training_becomes_a_model(void **state)
{
    static const double w[] = {1, 2, 3};
    struct model m;

    (void)state;
    assert_int_equal(take("model=logreg|dataRef=file:a|task=binary_is_seven|normalize=255",
                          "{\"features\":3}", w, 3, NULL, &m),
                     DTQ_OK);
    assert_int_equal(m.kind, MODEL_LOGREG);
    assert_true(m.one_of_many && m.positive == 7 && m.scale == 255 && !m.bias && !m.factor);
    assert_string_equal(m.normalize, "255");
    assert_string_equal(m.task, "binary_is_seven");
    model_clear(&m);
    assert_int_equal(take("model=linreg|dataRef=file:a|hasHeader=true|csvLabel=price",
                          "{\"features\":3}", w, 3, NULL, &m),
                     DTQ_OK);
    assert_true(m.kind == MODEL_LINREG && m.scale == 1 && m.class_count == 0);
    assert_string_equal(m.label, "y");
    assert_string_equal(dataset_names_get(&m.names.all, 1), "b");
    assert_true(!m.fill && m.missing == DATASET_REFUSE);
    model_clear(&m);
    assert_int_equal(
        take("model=linreg|dataRef=file:a|missing=mean", "{\"features\":3}", w, 3, NULL, &m),
        DTQ_OK);
    assert_true(m.fill[2] == 9 && m.missing == DATASET_MEAN && !m.names.all.texts && !m.label);
    model_clear(&m);
    assert_int_equal(
        take("model=linreg|dataRef=file:a|missing=zero", "{\"features\":3}", w, 3, NULL, &m),
        DTQ_OK);
    assert_true(!m.fill && m.missing == DATASET_ZERO);
    model_clear(&m);
    assert_int_equal(take("model=linreg|dataRef=file:a", "{\"features\":4}", w, 3, NULL, &m),
                     DTQ_INPUT);
    ask_sentence(&why, "3 weights", "4 were expected");
    assert_int_equal(take("model=linreg|dataRef=file:a", "{}", w, 0, NULL, &m), DTQ_INPUT);
    ask_sentence(&why, "no weights yet", "wait");
}

static void classes_bias_and_scaling_are_taken_from_a_training(void **state)
{
    static const char *const ask = "model=softmax|task=multiclass|bias=true|normalize=standard"
                                   "|dataRef=file:a";
    static const char *const report = "{\"features\":3,\"classes\":[2,9]}";
    static const double w[] = {1, 2, 3, 4, 5, 6, 7, 8}, scales[] = {10, 20, 30, 0.1, 0.2, 0.3};
    struct model m;

    (void)state;
    assert_int_equal(take(ask, report, w, 8, scales, &m), DTQ_OK);
    assert_int_equal(m.outputs, 2);
    assert_memory_equal(m.weights, ((double[]){1, 2, 3, 5, 6, 7}), 6 * sizeof *w);
    assert_memory_equal(m.bias, ((double[]){4, 8}), 2 * sizeof *w);
    assert_memory_equal(m.offset, scales, 3 * sizeof *w);
    assert_memory_equal(m.factor, scales + 3, 3 * sizeof *w);
    assert_memory_equal(m.classes, ((double[]){2, 9}), 2 * sizeof *w);
    assert_true(m.scale == 1);
    model_clear(&m);
    assert_int_equal(take(ask, report, w, 8, NULL, &m), DTQ_INPUT);
    ask_sentence(&why, "no offset and factor", "wait");
}

static void assert_export(const struct model *m, const char *format, const char *wanted)
{
    struct buf text = {0};

    assert_int_equal(model_export(m, "J1", format, &text, &why), DTQ_OK);
    assert_string_equal(text.data, wanted);
    buf_clear(&text);
}

static void each_format_says_the_whole_model(void **state)
{
    struct model m = three(), b = binary();

    (void)state;
    assert_export(
        &m, "json",
        "{\"format\":\"dtq-model\",\"version\":1,\"jobId\":\"J1\",\"model\":\"softmax\","
        "\"task\":null,\"features\":2,\"columns\":[\"a\",\"b,\\\"c\\\"\"],\"label\":null,"
        "\"fill\":null,\"normalisation\":{\"kind\":\"none\",\"scale\":null,\"offset\":[10,-1],"
        "\"factor\":[0.5,4]},\"classes\":[3,5,8],\"weights\":[[1,2],[-1,0.5],[0,1]],"
        "\"bias\":[0.25,0,-0.5]}\n");
    assert_export(&m, "csv",
                  "column,offset,factor,weight_3,weight_5,weight_8\na,10,0.5,1,-1,0\n"
                  "\"b,\"\"c\"\"\",-1,4,2,0.5,1\n(bias),0,1,0.25,0,-0.5\n");
    assert_export(&m, "sklearn-json",
                  "{\"class\":\"LogisticRegression\",\"n_features_in_\":2,\"feature_names_in_\":"
                  "[\"a\",\"b,\\\"c\\\"\"],\"classes_\":[3,5,8],\"coef_\":[[0.5,8],[-0.5,2],[0,4]],"
                  "\"intercept_\":[3.25,7,3.5]}\n");
    assert_export(&b, "csv",
                  "column,offset,factor,weight,fill\nx1,0,0.25,2,0.5\nx2,0,0.25,-1,-3\n"
                  "(bias),0,1,0,\n");
    assert_export(&b, "sklearn-json",
                  "{\"class\":\"LogisticRegression\",\"n_features_in_\":2,\"fill\":[0.5,-3],"
                  "\"classes_\":[0,1],\"coef_\":[[0.5,-0.25]],\"intercept_\":[0]}\n");
    free(b.fill);
    b.fill = NULL;
    b.missing = DATASET_ZERO;
    assert_export(&b, "csv",
                  "column,offset,factor,weight,fill\nx1,0,0.25,2,0\nx2,0,0.25,-1,0\n"
                  "(bias),0,1,0,\n");
    assert_export(&b, "vw",
                  "Version 8.6.1\nId \nMin label:-50\nMax label:50\nbits:18\nlda:0\n0 ngram:\n"
                  "0 skip:\noptions: --link logistic\n:0\n1:0.5\n2:-0.25\n");
    model_clear(&m);
    model_clear(&b);
}

static void a_format_that_cannot_say_it_is_refused(void **state)
{
    struct model m = three(), b = binary();
    struct buf text = {0};

    (void)state;
    assert_int_equal(model_export(&m, "J1", "vw", &text, &why), DTQ_INPUT);
    ask_sentence(&why, "no softmax", "sklearn-json");
    assert_int_equal(model_export(&b, "J1", "vw", &text, &why), DTQ_INPUT);
    ask_sentence(&why, "missing=mean", "sklearn-json");
    model_clear(&b);
    assert_int_equal(model_export(&m, "J1", "onnx", &text, &why), DTQ_INPUT);
    ask_sentence(&why, "--format onnx: expected one of", "json csv vw sklearn-json");
    assert_int_equal(text.len, 0);
    buf_clear(&text);
    model_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_scores_are_those_of_its_definition),
        cmocka_unit_test(large_scores_do_not_overflow),
        cmocka_unit_test(a_binary_model_scores_a_probability),
        cmocka_unit_test(a_packed_model_comes_back_whole),
        cmocka_unit_test(a_training_becomes_a_model),
        cmocka_unit_test(classes_bias_and_scaling_are_taken_from_a_training),
        cmocka_unit_test(each_format_says_the_whole_model),
        cmocka_unit_test(a_format_that_cannot_say_it_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
