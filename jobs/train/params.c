/* params.c: what a training is asked to do, read once from its JSON. */
#include "jobs/train/params.h"

#include "common/fields.h"
#include "common/parse.h"

#include <string.h>

static const char TASK[] = "binary_is_";

/* task=binary_is_<label>: the label that counts as 1. */
static enum dtq_err read_task(const char *text, struct linear_problem *problem, struct dtq_why *why)
{
    static const char *const words[] = {"zero", "one", "two",   "three", "four",
                                        "five", "six", "seven", "eight", "nine"};
    char shown[PARSE_SHOWN];

    problem->target = LINEAR_AS_IS;
    if (!text) return DTQ_OK;
    problem->target = LINEAR_IS;
    if (!strncmp(text, TASK, sizeof TASK - 1)) {
        const char *label = text + sizeof TASK - 1;

        if (parse_real(label, &problem->positive)) return DTQ_OK;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (!strcmp(label, words[i])) {
                problem->positive = (double)i;
                return DTQ_OK;
            }
    }
    return err_set(why, DTQ_INPUT,
                   "task=%s: %s and a label was expected, the label a number or one of zero, one, "
                   "... nine, as in task=%s0",
                   parse_shown(text, shown), TASK, TASK);
}

static enum dtq_err read_scale(const char *text, double *scale, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    *scale = 1;
    if (!text || !strcmp(text, "none")) return DTQ_OK;
    if (parse_real(text, scale) && *scale > 0) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "normalize=%s: a number above 0 that each feature is divided by, or none, was "
                   "expected, as in normalize=255",
                   parse_shown(text, shown));
}

static enum dtq_err check_ref(const char *name, const char *ref, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (!ref || (!strncmp(ref, "file:", 5) && ref[5])) return DTQ_OK;
    return err_set(why, DTQ_INPUT, "%s=%s: file: and a path was expected, as in %s=file:digits.csv",
                   name, parse_shown(ref, shown), name);
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

enum dtq_err train_params_read(const cJSON *json, struct train_params *out, struct dtq_why *why)
{
    struct train_params p = {
        .mode = strcmp(fields_text(json, "mode", "sync"), "async") ? TRAIN_SYNC : TRAIN_ASYNC,
        .problem.model = strcmp(fields_text(json, "model", ""), "logreg") ? LINEAR_LINREG
                                                                          : LINEAR_LOGREG,
        .data.ref = fields_text(json, "dataRef", ""),
        .data.label = fields_text(json, "csvLabel", "first"),
        .data.has_header = fields_bool(json, "hasHeader", false),
        .samples = (uint64_t)fields_int(json, "samples", 0),
        .features = (uint64_t)fields_int(json, "features", 0),
        .epochs = (uint64_t)fields_int(json, "epochs", 1),
        .batch = (uint64_t)fields_int(json, "batchSize", 128),
        .lr = fields_real(json, "lr", 0.1),
        .patience = (uint64_t)fields_int(json, "patience", 0),
        .min_delta = fields_real(json, "minDelta", 0),
        .given_weights = !strcmp(fields_text(json, "init", "zeros"), "weights"),
    };
    enum dtq_err err = read_task(fields_text(json, "task", NULL), &p.problem, why);

    p.test = p.data;
    p.test.ref = fields_text(json, "testRef", NULL);
    if (err == DTQ_OK)
        err = read_scale(fields_text(json, "normalize", NULL), &p.problem.scale, why);
    if (err == DTQ_OK) err = check_ref("dataRef", p.data.ref, why);
    if (err == DTQ_OK) err = check_ref("testRef", p.test.ref, why);
    if (err == DTQ_OK) err = check_label(&p.data, why);
    if (err == DTQ_OK && fields_text(json, "w", NULL) && fields_text(json, "wFile", NULL))
        err = err_set(why, DTQ_INPUT, "w and wFile are both given; give one of them");
    if (err == DTQ_OK) *out = p;
    return err;
}
