/* complete_shell.c: completion for a shell, which knows words, not lines. A shell that waits for it
 * is not to wait for long, and to hear of nothing that goes wrong. */
#include "common/opt.h"
#include "producer/commands.h"
#include "producer/complete.h"
#include "producer/complete_files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_S = 2 };

/* A command line that is being typed. */
struct typing {
    struct app app; /* with the server and queue that its options name */
    char **words;
    int last; /* the place of the word being typed; those before it are whole */
    struct opt opts[COMMANDS_OPTS];
    size_t opt_count;
    const struct command *command; /* NULL: none so far */
    int command_at;
};

static const struct opt *find_opt(const struct typing *t, const char *word, size_t len)
{
    for (size_t i = 0; i < t->opt_count; i++) {
        const struct opt *o = &t->opts[i];

        if (len == 2 && o->letter && word[1] == o->letter) return o;
        if (len > 2 && !strncmp(word, "--", 2) && strlen(o->name) == len - 2 &&
            !strncmp(word + 2, o->name, len - 2))
            return o;
    }
    return NULL;
}

/* The option whose value is the word at this place. */
static const struct opt *value_of(const struct typing *t, int at)
{
    const char *word = at > 0 ? t->words[at - 1] : "";
    const struct opt *o = word[0] == '-' ? find_opt(t, word, strlen(word)) : NULL;

    return o && o->arg ? o : NULL;
}

static bool is_number(const char *text)
{
    return isdigit((unsigned char)text[0]) && !text[strspn(text, "0123456789")];
}

/* The command among the whole words, its options, and where its queue is. */
static void look_back(struct typing *t)
{
    struct app *scratch = &t->app;

    t->opt_count = commands_options(~0u, scratch, t->opts);
    for (int i = 0; i < t->last && !t->command; i++) {
        if (t->words[i][0] == '-' || value_of(t, i) || is_number(t->words[i])) continue;
        t->command = commands_find(t->words[i]);
        t->command_at = i;
    }
    if (t->command) t->opt_count = commands_options_of(t->command, scratch, t->opts);
    for (int i = 1; i < t->last; i++) {
        const struct opt *o = value_of(t, i);

        if (o && !strcmp(o->name, "redis")) t->app.program.redis = t->words[i];
        if (o && !strcmp(o->name, "queue")) t->app.program.queue = t->words[i];
    }
}

/* The value of an option, by what the help calls it. */
static void add_values(const struct opt *o, const char *head, const char *typed,
                       struct console_words *to)
{
    if (!strcmp(o->arg, "DIR")) complete_files(head, typed, COMPLETE_FOLDERS, to);
    if (!strcmp(o->arg, "FILE")) complete_files(head, typed, COMPLETE_FILES, to);
    for (const char *at = strchr(o->arg, '|') ? o->arg : ""; *at; at += strspn(at, "|")) {
        char word[100];
        size_t len = strcspn(at, "|");

        snprintf(word, sizeof word, "%s%.*s", head, (int)len, at);
        console_word(to, word);
        at += len;
    }
}

/* The command and its words without options, as a line of a console. */
static void add_arguments(const struct typing *t, const char *typed, struct console_words *to)
{
    struct buf line = {0};
    size_t start;

    for (int i = t->command_at; t->command && i < t->last; i++)
        if (t->words[i][0] != '-' && !value_of(t, i)) buf_printf(&line, "%s ", t->words[i]);
    start = line.len;
    buf_text(&line, typed);
    if (!line.failed) complete_line(&t->app, line.data ? line.data : "", start, 0, to);
    buf_clear(&line);
}

/* Options before there is a command: those that every command takes. */
static void add_shared(struct typing *t, struct console_words *to)
{
    size_t count = commands_options(FOR_SESSION, &t->app, t->opts);

    for (size_t i = 0; i < count; i++) {
        char word[64];

        snprintf(word, sizeof word, "--%s", t->opts[i].name);
        console_word(to, word);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those that begin as typed, behind the fields that were typed before it in the same word. */
static int print_all(const struct console_words *words, const char *before, size_t before_len,
                     const char *typed)
{
    const char *end = words->text.data + words->text.len;
    const char **fit = calloc(words->text.len + 1, sizeof *fit);
    size_t count = 0;

    for (const char *at = words->text.data; fit && at < end; at += strlen(at) + 1)
        if (!strncmp(at, typed, strlen(typed))) fit[count++] = at;
    if (count) qsort(fit, count, sizeof *fit, by_text);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(fit[i - 1], fit[i]) != 0)
            printf("%.*s%s\n", (int)before_len, before, fit[i]);
    free(fit);
    return APP_DONE;
}

int complete_shell(const struct app *app, int count, char **words)
{
    struct typing t = {.app = *app, .words = words, .last = count - 1};
    struct console_words to = {0};
    const char *word, *typed, *equals;
    const struct opt *o;
    int code;

    if (count < 1) return APP_INPUT;
    alarm(PATIENCE_S);
    look_back(&t);
    word = words[t.last];
    typed = strrchr(word, '|') ? strrchr(word, '|') + 1 : word;
    equals = strchr(word, '=');
    if ((o = value_of(&t, t.last))) {
        typed = word;
        add_values(o, "", typed, &to);
    } else if (word[0] == '-' && equals && (o = find_opt(&t, word, (size_t)(equals - word)))) {
        char head[64];

        snprintf(head, sizeof head, "--%s=", o->name);
        typed = word;
        if (o->arg) add_values(o, head, equals + 1, &to);
    } else if (word[0] == '-' && !t.command) {
        add_shared(&t, &to);
    } else {
        add_arguments(&t, typed, &to);
    }
    code = print_all(&to, word, (size_t)(typed - word), typed);
    buf_clear(&to.text);
    return code;
}
