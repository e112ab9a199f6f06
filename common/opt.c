/* opt.c: command lines from one table of options. */
#include "common/opt.h"

#include "common/fields.h"
#include "common/parse.h"
#include "common/wrap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A command line on its way through the table. */
struct reader {
    const struct opt *opts;
    size_t count;
    char **argv;
    int argc;
    int at; /* the argument being read */
    struct dtq_why *why;
};

static enum dtq_err unknown(const struct reader *r, const char *name, size_t len)
{
    char word[PARSE_SHOWN], shown[PARSE_SHOWN];
    const char **names = calloc(r->count + 1, sizeof *names);
    const char *nearest = NULL;

    snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), name);
    for (size_t i = 0; names && i < r->count; i++)
        names[i] = r->opts[i].name;
    if (names) nearest = fields_nearest(word, names, r->count);
    if (nearest)
        err_set(r->why, DTQ_INPUT, "unknown option --%s; did you mean --%s?",
                parse_shown(word, shown), nearest);
    else
        err_set(r->why, DTQ_INPUT, "unknown option --%s; --help lists the options",
                parse_shown(word, shown));
    free(names);
    return DTQ_INPUT;
}

static enum dtq_err store(const struct reader *r, const struct opt *o, const char *text)
{
    char shown[PARSE_SHOWN];
    long long whole;
    double real;
    uint64_t bytes;
    int64_t ms;

    switch (o->kind) {
    case OPT_FLAG: *(bool *)o->to = true; return DTQ_OK;
    case OPT_ELSEWHERE:
        *(const char **)o->to = o->name;
        return err_set(r->why, DTQ_INPUT, "--%s is not for this command", o->name);
    case OPT_TEXT: *(const char **)o->to = text; return DTQ_OK;
    case OPT_INT:
        if (!parse_int(text, &whole) || (double)whole < o->min || (double)whole > o->max) break;
        *(long long *)o->to = whole;
        return DTQ_OK;
    case OPT_REAL:
        if (!parse_real(text, &real) || real < o->min || real > o->max) break;
        *(double *)o->to = real;
        return DTQ_OK;
    case OPT_BYTES:
        if (parse_bytes(text, &bytes) && bytes) {
            *(uint64_t *)o->to = bytes;
            return DTQ_OK;
        }
        return err_set(r->why, DTQ_INPUT,
                       "--%s %s: a whole number of bytes from 1 on was expected, or one with K, M, "
                       "G or T behind it, as in 10G (%s)",
                       o->name, parse_shown(text, shown), o->help);
    case OPT_TIME:
        if (parse_time(text, &ms) && (double)ms >= o->min && (double)ms <= o->max) {
            *(int64_t *)o->to = ms;
            return DTQ_OK;
        }
        return err_set(r->why, DTQ_INPUT,
                       "--%s %s: expected a time from %g ms to %g days, as in 500ms, 30s, 10m, 2h, "
                       "7d, or a number of seconds (%s)",
                       o->name, parse_shown(text, shown), o->min, o->max / 864e5, o->help);
    }
    return err_set(r->why, DTQ_INPUT, "--%s %s: a %snumber from %.15g to %.15g was expected (%s)",
                   o->name, parse_shown(text, shown), o->kind == OPT_INT ? "whole " : "", o->min,
                   o->max, o->help);
}

static bool takes_value(const struct opt *o)
{
    return o->kind != OPT_FLAG && o->kind != OPT_ELSEWHERE;
}

/* Stores the value in `inside` (what follows in the same argument), else the next argument. */
static enum dtq_err take(struct reader *r, const struct opt *o, const char *inside)
{
    if (inside) return store(r, o, inside);
    if (r->at + 1 >= r->argc || !strncmp(r->argv[r->at + 1], "--", 2))
        return err_set(r->why, DTQ_INPUT, "--%s needs a value: --%s %s (%s)", o->name, o->name,
                       o->arg ? o->arg : "VALUE", o->help);
    return store(r, o, r->argv[++r->at]);
}

static enum dtq_err long_option(struct reader *r, const char *name)
{
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;

    for (size_t i = 0; i < r->count; i++) {
        const struct opt *o = &r->opts[i];

        if (strlen(o->name) != len || strncmp(o->name, name, len)) continue;
        if (takes_value(o)) return take(r, o, value);
        if (!value || o->kind == OPT_ELSEWHERE) return store(r, o, NULL);
        return err_set(r->why, DTQ_INPUT, "--%s takes no value; write --%s alone", o->name,
                       o->name);
    }
    return unknown(r, name, len);
}

/* -v, -vq (flags), -n 5, -n5 */
static enum dtq_err letters(struct reader *r, const char *at)
{
    for (; *at; at++) {
        const struct opt *o = NULL;
        enum dtq_err err;

        for (size_t i = 0; i < r->count && !o; i++)
            if (r->opts[i].letter == *at) o = &r->opts[i];
        if (!o)
            return err_set(r->why, DTQ_INPUT, "unknown option -%c; --help lists the options",
                           isprint((unsigned char)*at) ? *at : '?');
        if (takes_value(o)) return take(r, o, at[1] ? at + 1 : NULL);
        err = store(r, o, NULL);
        if (err != DTQ_OK) return err;
    }
    return DTQ_OK;
}

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] && !isdigit((unsigned char)arg[1]);
}

/* Is the argument behind this option its value? */
static bool has_value_behind(const struct opt *opts, size_t count, const char *arg,
                             const char *behind)
{
    bool is_long = arg[1] == '-', flag = false, value = false;

    if (is_long && strchr(arg, '=')) return false;
    for (size_t i = 0; i < count; i++) {
        const struct opt *o = &opts[i];

        if (is_long ? strcmp(o->name, arg + 2) : !o->letter || o->letter != arg[strlen(arg) - 1])
            continue;
        flag = flag || !takes_value(o);
        value = value || takes_value(o);
    }
    return value && (!flag || isdigit((unsigned char)behind[0]));
}

int opt_first(const struct opt *opts, size_t count, int argc, char **argv, int from)
{
    for (int i = from; i < argc; i++) {
        if (!is_option(argv[i])) return i;
        if (!strcmp(argv[i], "--")) return i + 1 < argc ? i + 1 : argc;
        if (i + 1 < argc && has_value_behind(opts, count, argv[i], argv[i + 1])) i++;
    }
    return argc;
}

enum dtq_err opt_parse(const struct opt *opts, size_t count, int argc, char **argv, int *left,
                       struct dtq_why *why)
{
    struct reader r = {.opts = opts, .count = count, .argv = argv, .argc = argc, .why = why};
    int kept = 0;
    bool ended = false;

    for (r.at = 1; r.at < argc; r.at++) {
        char *arg = argv[r.at];
        enum dtq_err err = DTQ_OK;

        if (ended || !is_option(arg))
            argv[++kept] = arg;
        else if (!strcmp(arg, "--"))
            ended = true;
        else if (arg[1] == '-')
            err = long_option(&r, arg + 2);
        else
            err = letters(&r, arg + 1);
        if (err != DTQ_OK) return err;
    }
    *left = kept;
    return DTQ_OK;
}

/* Writes "-n, --name ARG" and returns its width. */
static int heading(const struct opt *o, char *to, size_t size)
{
    char letter[] = {'-', o->letter, ',', ' ', '\0'};

    return snprintf(to, size, "%s--%s%s%s", o->letter ? letter : "    ", o->name, o->arg ? " " : "",
                    o->arg ? o->arg : "");
}

void opt_help(const struct opt *opts, size_t count, FILE *to)
{
    char head[100];
    int width = 0;

    for (size_t i = 0; i < count; i++) {
        int w = heading(&opts[i], head, sizeof head);

        if (w > width) width = w;
    }
    for (size_t i = 0; i < count; i++) {
        heading(&opts[i], head, sizeof head);
        wrap_row(to, wrap_columns(to), width, head, opts[i].help);
    }
}
