/* params.c: what a training is asked to do, read once from its JSON. */
#include "jobs/train/params.h"

#include "common/fields.h"
#include "common/parse.h"
#include "jobs/data.h"

#include <math.h>
#include <string.h>

static const char TASK[] = "binary_is_";

bool params_tests(const struct train_params *p)
{
    return p->test.ref || p->holdout;
}

bool params_classes(const struct train_params *p)
{
    return p->model == GLM_SOFTMAX || p->balanced;
}

/* Place of a field's word in its choices; 0 when it is none of them, which the field table has
 * refused before. */
static unsigned word_of(const cJSON *json, const char *name, const char *const *words)
{
    const char *text = fields_text(json, name, words[0]);

    for (unsigned i = 0; words[i]; i++)
        if (!strcmp(text, words[i])) return i;
    return 0;
}

/* task=binary_is_<label>: the label that counts as 1. */
static bool read_positive(const char *label, double *positive)
{
    static const char *const words[] = {"zero", "one", "two",   "three", "four",
                                        "five", "six", "seven", "eight", "nine"};

    if (parse_real(label, positive)) return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(label, words[i])) {
            *positive = (double)i;
            return true;
        }
    return false;
}

static enum dtq_err read_task(const char *text, struct train_params *p, struct dtq_why *why)
{
    bool softmax = p->model == GLM_SOFTMAX, multiclass = text && !strcmp(text, "multiclass");
    char shown[PARSE_SHOWN];

    if (!text || (softmax && multiclass)) return DTQ_OK;
    if (softmax)
        return err_set(why, DTQ_INPUT,
                       "task=%s: model=softmax learns all labels that the file has; give "
                       "task=multiclass, or model=logreg",
                       parse_shown(text, shown));
    if (multiclass)
        return err_set(why, DTQ_INPUT, "task=multiclass needs model=softmax; give that model");
    p->binary = !strncmp(text, TASK, sizeof TASK - 1);
    if (p->binary && read_positive(text + sizeof TASK - 1, &p->positive)) return DTQ_OK;
    if (!p->binary && p->model == GLM_LINREG) {
        p->ignored_task = text;
        return DTQ_OK;
    }
    return err_set(why, DTQ_INPUT,
                   "task=%s: %s and a label was expected, the label a number or one of zero, one, "
                   "... nine, as in task=%s0; or multiclass with model=softmax",
                   parse_shown(text, shown), TASK, TASK);
}

static enum dtq_err read_scale(const char *text, struct train_params *p, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    p->scale = 1;
    if (!text || !strcmp(text, "none")) return DTQ_OK;
    if (!strcmp(text, "standard") || !strcmp(text, "minmax")) {
        p->scaling = *text == 's' ? SCALING_STANDARD : SCALING_MINMAX;
        return DTQ_OK;
    }
    if (parse_real(text, &p->scale) && p->scale > 0) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "normalize=%s: a number above 0 that each feature is divided by, standard, "
                   "minmax, or none was expected, as in normalize=255",
                   parse_shown(text, shown));
}

static enum dtq_err check_label(const struct dataset_options *data, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (data->has_header || !strcmp(data->label, "first") || !strcmp(data->label, "last"))
        return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "csvLabel=%s: a column can only be named when the file has a header; give "
                   "hasHeader=true, or csvLabel=first or csvLabel=last",
                   parse_shown(data->label, shown));
}

static enum dtq_err read_data(const cJSON *json, struct train_params *p, struct dtq_why *why)
{
    enum dtq_err err = dataset_read_format(fields_text(json, "format", NULL), &p->data.format, why);

    p->data.ref = fields_text(json, "dataRef", "");
    p->data.label = fields_text(json, "csvLabel", "first");
    p->data.ignore = fields_text(json, "ignore", NULL);
    p->data.has_header = fields_bool(json, "hasHeader", false);
    p->data.features = p->features;
    if (err == DTQ_OK)
        err = dataset_read_missing(fields_text(json, "missing", NULL), &p->data.missing, why);
    p->fills = p->data.missing == DATASET_MEAN;
    if (p->fills) p->data.missing = DATASET_KEEP; /* until the means are learnt */
    if (err == DTQ_OK)
        err = dataset_read_delimiter(fields_text(json, "delimiter", NULL), &p->data.delimiter, why);
    p->test = p->data;
    p->test.ref = fields_text(json, "testRef", NULL);
    p->data.label_ref = fields_text(json, "labelRef", NULL);
    p->test.label_ref = fields_text(json, "testLabelRef", NULL);
    if (err == DTQ_OK) err = data_check_ref("dataRef", p->data.ref, why);
    if (err == DTQ_OK) err = data_check_ref("testRef", p->test.ref, why);
    if (err == DTQ_OK) err = data_check_ref("labelRef", p->data.label_ref, why);
    if (err == DTQ_OK) err = data_check_ref("testLabelRef", p->test.label_ref, why);
    if (err == DTQ_OK) err = check_label(&p->data, why);
    if (err == DTQ_OK && p->test.ref && p->holdout)
        err = err_set(why, DTQ_INPUT,
                      "holdout and testRef are both given; give one of them: rows are tested on "
                      "either because they are held back or because another file has them");
    return err;
}

static enum dtq_err read_staleness(const char *text, struct train_params *p, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];
    long long n;

    p->staleness = TRAIN_UNBOUNDED;
    if (!text) return DTQ_OK;
    if (p->mode != TRAIN_ASYNC)
        return err_set(why, DTQ_INPUT,
                       "staleness=%s is for mode=async: in the other modes weights are never old",
                       parse_shown(text, shown));
    if (!strcmp(text, "none")) return DTQ_OK;
    if (!parse_int(text, &n) || n < 0 || n >= TRAIN_UNBOUNDED)
        return err_set(why, DTQ_INPUT,
                       "staleness=%s: a whole number of updates from 0 to %d, or none for no "
                       "bound, was expected, as in staleness=4",
                       parse_shown(text, shown), TRAIN_UNBOUNDED - 1);
    p->staleness = (uint64_t)n;
    if (!n) p->mode = TRAIN_SYNC; /* weights that are never old */
    return DTQ_OK;
}

static enum dtq_err check_optimizer(const struct train_params *p, struct dtq_why *why)
{
    const struct optimizer *o = &p->optimizer;

    if (o->momentum > 0 && o->kind != OPTIMIZER_SGD)
        return err_set(why, DTQ_INPUT,
                       "momentum=%g is for optimizer=sgd: the others have a way of their own to go "
                       "on with former gradients; leave momentum away",
                       o->momentum);
    if (o->kind != OPTIMIZER_LBFGS) return DTQ_OK;
    if (p->mode != TRAIN_SYNC)
        return err_set(why, DTQ_INPUT,
                       "optimizer=lbfgs needs the gradient of all rows at one place, which only "
                       "mode=sync gives; give mode=sync, or another optimizer");
    if (o->l1 > 0)
        return err_set(why, DTQ_INPUT,
                       "l1=%g: optimizer=lbfgs needs a loss with a gradient everywhere, and l1 has "
                       "none at 0; give l2, or another optimizer",
                       o->l1);
    if (p->shuffle)
        return err_set(why, DTQ_INPUT,
                       "shuffle=true: optimizer=lbfgs takes all rows at once, in no order; leave "
                       "shuffle away");
    return DTQ_OK;
}

static enum dtq_err check_watch(const struct train_params *p, const char *text, struct dtq_why *why)
{
    if (!text) return DTQ_OK;
    if (p->watch_test && !params_tests(p))
        return err_set(why, DTQ_INPUT, "watch=%s: there is no test set; give testRef or holdout",
                       text);
    if (p->watch == WATCH_ACCURACY && p->model == GLM_LINREG)
        return err_set(why, DTQ_INPUT, "watch=%s: model=linreg has no accuracy; watch a loss",
                       text);
    if (p->watch == WATCH_AUC && p->model != GLM_LOGREG)
        return err_set(why, DTQ_INPUT, "watch=%s: only model=logreg has an AUC", text);
    if (p->watch == WATCH_AUC && !p->watch_test && !p->full_metrics)
        return err_set(why, DTQ_INPUT,
                       "watch=auc: the AUC of the training set is computed with metrics=full only; "
                       "give that, or watch=test_auc");
    return DTQ_OK;
}

static enum dtq_err check_rest(const cJSON *json, const struct train_params *p, struct dtq_why *why)
{
    if (fields_text(json, "w", NULL) && fields_text(json, "wFile", NULL))
        return err_set(why, DTQ_INPUT, "w and wFile are both given; give one of them");
    if (p->mode != TRAIN_AVERAGE && fields_int(json, "shards", 0))
        return err_set(why, DTQ_INPUT,
                       "shards=%lld is for mode=average; the other modes have no shards",
                       fields_int(json, "shards", 0));
    if (p->balanced && p->model == GLM_LINREG)
        return err_set(why, DTQ_INPUT, "classWeight=balanced: model=linreg has no classes");
    if (p->go_on && p->schedule.kind == SCHEDULE_COSINE && !fields_int(json, "lrEpochs", 0))
        return err_set(why, DTQ_INPUT,
                       "lrSchedule=cosine reaches 0 at the end of the first job's epochs; to "
                       "continue, give both jobs lrEpochs, the epochs of all together");
    return DTQ_OK;
}

static void read_learning(const cJSON *json, struct train_params *p)
{
    static const char *const schedules[] = {"constant", "step", "invscaling", "cosine", NULL};
    static const char *const optimizers[] = {"sgd", "adagrad", "adam", "lbfgs", NULL};

    p->schedule = (struct schedule){
        .kind = (enum schedule_kind)word_of(json, "lrSchedule", schedules),
        .lr = fields_real(json, "lr", 0.1),
        .drop = fields_real(json, "lrDrop", 0.5),
        .power = fields_real(json, "lrPower", 0.25),
        .every = (uint64_t)fields_int(json, "lrEvery", 10),
        .span = (uint64_t)fields_int(json, "lrEpochs", (long long)p->epochs),
    };
    p->optimizer = (struct optimizer){
        .kind = (enum optimizer_kind)word_of(json, "optimizer", optimizers),
        .momentum = fields_real(json, "momentum", 0),
        .l1 = fields_real(json, "l1", 0),
        .l2 = fields_real(json, "l2", 0),
    };
}

/* watch=loss, test_loss ...; without it the loss of the test set, if there is one. */
static void read_watch(const cJSON *json, struct train_params *p)
{
    static const char *const words[] = {"loss", "accuracy", "auc", NULL};
    const char *text = fields_text(json, "watch", NULL);

    p->watch_test = text ? !strncmp(text, "test_", 5) : params_tests(p);
    for (unsigned i = 0; text && words[i]; i++)
        if (!strcmp(text + (p->watch_test ? 5 : 0), words[i])) p->watch = (enum train_watch)i;
}

enum dtq_err train_params_read(const cJSON *json, struct train_params *out, struct dtq_why *why)
{
    static const char *const modes[] = {"sync", "async", "average", NULL};
    static const char *const models[] = {"linreg", "logreg", "softmax", NULL};
    struct train_params p = {
        .mode = (enum train_mode)word_of(json, "mode", modes),
        .shards = (uint64_t)fields_int(json, "shards", 8),
        .model = (enum glm_model)word_of(json, "model", models),
        .bias = fields_bool(json, "bias", false),
        .balanced = !strcmp(fields_text(json, "classWeight", "none"), "balanced"),
        .holdout = (uint64_t)fields_int(json, "holdout", 0),
        .samples = (uint64_t)fields_int(json, "samples", 0),
        .features = (uint64_t)fields_int(json, "features", 0),
        .epochs = (uint64_t)fields_int(json, "epochs", 1),
        .batch = (uint64_t)fields_int(json, "batchSize", 128),
        .shuffle = fields_bool(json, "shuffle", false),
        .seed = (uint64_t)fields_int(json, "seed", 1),
        .tol = fields_real(json, "tol", 1e-6),
        .full_metrics = !strcmp(fields_text(json, "metrics", "usual"), "full"),
        .patience = (uint64_t)fields_int(json, "patience", 0),
        .min_delta = fields_real(json, "minDelta", 0),
        .given_weights = !strcmp(fields_text(json, "init", "zeros"), "weights"),
        .go_on = fields_bool(json, "continue", false),
    };
    enum dtq_err err = read_task(fields_text(json, "task", NULL), &p, why);

    read_learning(json, &p);
    if (err == DTQ_OK) err = read_scale(fields_text(json, "normalize", NULL), &p, why);
    if (err == DTQ_OK) err = read_data(json, &p, why);
    if (err == DTQ_OK) err = read_staleness(fields_text(json, "staleness", NULL), &p, why);
    read_watch(json, &p);
    if (err == DTQ_OK) err = check_optimizer(&p, why);
    if (err == DTQ_OK) err = check_watch(&p, fields_text(json, "watch", NULL), why);
    if (err == DTQ_OK) err = check_rest(json, &p, why);
    if (err == DTQ_OK) *out = p;
    return err;
}

/* The label that counts as 1; NaN: the model has no such label. */
static double positive_of(const struct train_params *p)
{
    if (p->binary) return p->positive;
    return p->model == GLM_LOGREG ? 1 : NAN;
}

/* What the weights of the former job mean must be what those of the new one do. */
enum dtq_err train_follows(const cJSON *former, const cJSON *params, struct dtq_why *why)
{
    struct train_params was, is;
    double before, now;
    bool filled;
    enum dtq_err err = train_params_read(params, &is, why);

    if (err == DTQ_OK) err = train_params_read(former, &was, why);
    if (err != DTQ_OK) return err;
    before = positive_of(&was);
    now = positive_of(&is);
    filled = (was.fills && is.data.missing == DATASET_ZERO) ||
             (was.data.missing == DATASET_ZERO && is.fills);
    if (was.model != is.model)
        return err_set(why, DTQ_INPUT,
                       "model=%s, but the weights of the former job are those of a %s; keep its "
                       "model, or train a new one",
                       fields_text(params, "model", ""), fields_text(former, "model", ""));
    if (before != now && !(isnan(before) && isnan(now)))
        return err_set(why, DTQ_INPUT,
                       "task=%s, but the weights of the former job tell label %g from all others; "
                       "keep its task, or train a new model",
                       fields_text(params, "task", "none"), before);
    if (was.scaling != is.scaling || was.scale != is.scale)
        return err_set(why, DTQ_INPUT,
                       "normalize=%s, but the weights of the former job are those of features with "
                       "normalize=%s; keep that, or train a new model",
                       fields_text(params, "normalize", "none"),
                       fields_text(former, "normalize", "none"));
    if (filled)
        return err_set(why, DTQ_INPUT,
                       "missing=%s, but the former job learnt with missing=%s; keep that, or train "
                       "a new model",
                       fields_text(params, "missing", ""), fields_text(former, "missing", ""));
    if (was.bias != is.bias)
        return err_set(why, DTQ_INPUT,
                       "bias=%s, but the weights of the former job are those of a model %s a bias; "
                       "keep that, or train a new model",
                       is.bias ? "true" : "false", was.bias ? "with" : "without");
    return DTQ_OK;
}
