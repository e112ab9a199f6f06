/* commands.h: the table of the commands of the producer, which the command line, the console, help
 * and completion share. */
#ifndef DTQ_COMMANDS_H
#define DTQ_COMMANDS_H

#include "common/opt.h"
#include "producer/app.h"

#include <stdbool.h>
#include <stddef.h>

/* Which commands an option is for; also what kind of command one is. */
enum {
    FOR_ALL = 1,
    FOR_WAIT = 2,
    FOR_SUBMIT = 4,
    FOR_LIST = 8,
    FOR_EVENTS = 16,
    FOR_UP = 32,
    FOR_DEMO = 64,
    FOR_DIR = 128,   /* writes files */
    FOR_IMAGE = 256, /* a picture of weights among them */
    FOR_FILES = 512, /* unless told not to */
    FOR_CHART = 1024,
    FOR_PLOT = 2048,
    FOR_SPEEDUP = 4096,
    FOR_CONSOLE = 8192,
    FOR_OUT = 16384,
    FOR_EXPORT = 32768,
    FOR_FSCK = 65536,
    FOR_JOBS = 131072,
    FOR_DEAD = 262144,
    FOR_WEIGHTS = 524288, /* of each epoch */
    /* Without a command: said once for all that come from the file or console. */
    FOR_SESSION = FOR_CONSOLE | FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE |
                  FOR_WEIGHTS,
};

/* Where help lists a command; commands_groups has the words. */
enum command_group { GROUP_JOBS, GROUP_MODELS, GROUP_QUEUE, GROUP_HERE, COMMAND_GROUPS };
extern const char *const commands_groups[COMMAND_GROUPS];

enum { COMMAND_EXAMPLES = 2 };

struct command {
    const char *name;
    const char *args;
    const char *help;
    int least, most; /* words after the name */
    unsigned options;
    int (*run)(const struct app *app, int count, const char *const *words);
    enum command_group group;
    const char *examples[COMMAND_EXAMPLES]; /* without the name of the program */
};

extern const struct command commands_all[];
extern const size_t commands_count;

/* What the options are before any is given. */
extern const struct app commands_defaults;

/* NULL when there is none. */
const struct command *commands_find(const char *name);

/* Starts a system of its own, and so runs as a process of its own in a console. */
bool commands_alone(const struct command *c);

/* Writes the rows of the options of these groups, at most COMMANDS_OPTS. */
enum { COMMANDS_OPTS = 64 };
size_t commands_options(unsigned groups, struct app *app, struct opt *out);

/* The same for one command, without those that it would refuse: for help and completion. */
size_t commands_options_of(const struct command *c, struct app *app, struct opt *out);

#endif
