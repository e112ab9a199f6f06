/* suggest.c: what somebody may have meant by a word that is not a command. */
#include "producer/suggest.h"

#include "common/fields.h"
#include "common/parse.h"
#include "producer/commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Words that other tools have for what is here; no spelling would lead from one to the other. */
static const struct {
    const char *word, *meant;
} natural[] = {
    {"add", "\"sum\", \"train\" or \"noop\", which submit jobs"},
    {"delete", "\"cancel ID\", which ends a job"},
    {"drain", "\"queue drain\""},
    {"enqueue", "\"sum\", \"train\" or \"noop\", which submit jobs"},
    {"info", "\"queue\", \"workers\" or \"jobs\""},
    {"inspect", "\"job ID\" or \"explain ID\""},
    {"kill", "\"cancel ID\", which ends a job"},
    {"list", "\"jobs\", \"workers\" or \"queue\""},
    {"log", "\"events\""},
    {"logs", "\"events\""},
    {"ls", "\"jobs\", \"workers\" or \"queue\""},
    {"monitor", "\"events -f\""},
    {"pause", "\"queue pause\""},
    {"ps", "\"workers\" or \"jobs\""},
    {"replay", "\"dead replay ID\""},
    {"retry", "\"dead replay ID\""},
    {"run", "\"sum\", \"train\" or \"noop\", which submit jobs"},
    {"show", "\"job ID\""},
    {"start", "\"up\", or the programs dtq-master and dtq-worker"},
    {"status", "\"queue\", \"workers\" or \"jobs\""},
    {"stop", "\"cancel ID\", which ends a job, or \"queue pause\""},
    {"submit", "\"sum\", \"train\" or \"noop\", which submit jobs"},
    {"tail", "\"events -f\""},
    {"unpause", "\"queue resume\""},
    {"version", "\"--version\""},
};

static const char *natural_word(const char *name)
{
    for (size_t i = 0; i < sizeof natural / sizeof *natural; i++)
        if (!strcasecmp(natural[i].word, name)) return natural[i].meant;
    return NULL;
}

static const char *nearest(const struct app *app, const char *name)
{
    const char **names = calloc(commands_count + 1, sizeof *names), *near = NULL;
    size_t count = commands_count;

    for (size_t i = 0; names && i < commands_count; i++)
        names[i] = commands_all[i].name;
    if (names && app->session) names[count++] = "exit";
    if (names) near = fields_nearest(name, names, count);
    free(names);
    return near;
}

enum dtq_err suggest_choice(const char *option, const char *word, const char *const *words,
                            size_t count, struct dtq_why *why)
{
    char list[200] = "", shown[PARSE_SHOWN];
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        if (!strcmp(word, words[i])) return DTQ_OK;
    for (size_t i = 0; i < count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i == 0          ? ""
                                 : i + 1 < count ? ", "
                                                 : " or ",
                                 words[i]);
    return err_set(why, DTQ_INPUT, "%s %s: expected %s", option, parse_shown(word, shown), list);
}

enum dtq_err suggest_command(const struct app *app, const char *name, struct dtq_why *why)
{
    const char *meant = natural_word(name), *near = meant ? NULL : nearest(app, name);
    char shown[PARSE_SHOWN];

    parse_shown(name, shown);
    if (app->session && (!strcmp(name, "exit") || !strcmp(name, "quit")))
        return err_set(why, DTQ_INPUT, "%s takes no arguments", name);
    if (!strcmp(name, "exit") || !strcmp(name, "quit"))
        return err_set(why, DTQ_INPUT,
                       "\"%s\" leaves a console; %s alone opens one, and there is nothing to leave "
                       "here",
                       name, app->name);
    if (meant || near)
        return err_set(why, DTQ_INPUT, "unknown command \"%s\"; did you mean %s%s%s?", shown,
                       near ? "\"" : "", near ? near : meant, near ? "\"" : "");
    if (app->session)
        return err_set(why, DTQ_INPUT, "unknown command \"%s\"; help lists the commands", shown);
    return err_set(why, DTQ_INPUT,
                   "unknown command \"%s\"; --help lists the commands (a producer is named with "
                   "--producer NAME)",
                   shown);
}
