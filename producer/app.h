/* app.h: what every command of the producer shares: its options, its connection, and how it tells
 * of errors. It knows no command. */
#ifndef DTQ_APP_H
#define DTQ_APP_H

#include "common/program.h"
#include "common/queue/queue.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* How a command ends, as the shell sees it. */
enum app_exit {
    APP_DONE = 0,
    APP_FAILED = 1,     /* the job failed, or a server or file did */
    APP_INPUT = 2,      /* bad usage or input */
    APP_NO_REDIS = 3,   /* nobody there, or it lets nobody in */
    APP_UNFINISHED = 4, /* cancelled, or --timeout is over */
    APP_SIGNAL = 128,   /* + the signal: 130 for Ctrl-C */
};

struct follow;

/* What the commands of one console, or of one file of commands, share. */
struct app_session {
    char last[ID_MAX + 1];        /* job that was submitted last; "" none */
    char last_nonce[QUEUE_NONCE]; /* of its submission */
    const char *line;             /* that is being obeyed, for errors to point into */
    long long line_no;            /* of a file; 0 on a terminal */
    struct follow *follow;        /* owned; NULL: nobody waits for what becomes of the jobs */
};

struct app {
    const char *name;     /* as it was called */
    const char *called;   /* the same as it was typed, with the way to it if there was one */
    const char *producer; /* id, "" for none */
    struct program program;
    double timeout_s; /* -1: none */
    bool detach;
    /* of a job that is submitted; 0: the usual ones */
    long long attempts;
    int64_t backoff_ms, task_timeout_ms, time_limit_ms, keep_ms;
    bool follow;
    bool quiet;                    /* no bar, whatever standard error is */
    long long most;                /* rows of a list */
    const char *state, *type, *of; /* of the jobs in it; NULL: any */
    /* of files and pictures */
    const char *out;  /* --dir of these; NULL: DTQ_OUT, or the working folder */
    const char *file; /* --out: the one file of a command; NULL: standard output */
    bool no_files;
    bool epoch_weights;
    bool gray;
    long long width;    /* of the picture of weights; 0: they are a square */
    const char *format; /* of charts; NULL: png */
    const char *only;   /* NULL: all runs */
    const char *worker_list, *modes;
    long long repeat;
    /* of `up` and `demo` */
    long long workers, slots;
    const char *dir;       /* NULL: the usual one */
    const char *data_dir;  /* NULL: none besides the usual ones */
    const char *cache_dir; /* NULL: the workers' own choice */
    uint64_t cache_bytes;  /* 0: likewise */
    bool verbose, keep;
    bool chaos;  /* of demo */
    bool repair; /* of fsck */
    bool all;    /* of dead */
    /* of a console */
    bool keep_going;
    struct app_session *session; /* borrowed; NULL on a command line */
};

/* Tells of an error: "dtq: sentence" on standard error, with --json also {error:{code,message}} on
 * standard output. Returns the exit status for err. */
int app_fail(const struct app *app, enum dtq_err err, const struct dtq_why *why);

enum app_exit app_exit_of(enum dtq_err err);

/* "dtq: ..." on standard error. */
void app_note(const struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A new connection to the server that was named, to the usual one, or, when nobody named one and
 * nothing answers there, to a running `dtq up`. DTQ_CONN says where it tried.
 * For a command that only looks: nothing is written by connecting. DTQ_INPUT names the queues that
 * there are when this one is not among them; as long as there is none, "default" counts as one that
 * is empty. */
enum dtq_err app_connect(const struct app *app, struct queue **out, struct dtq_why *why);
/* For one that changes a queue that must be there. */
enum dtq_err app_connect_change(const struct app *app, struct queue **out, struct dtq_why *why);
/* For a queue that this may be the first to use. */
enum dtq_err app_connect_new(const struct app *app, struct queue **out, struct dtq_why *why);
/* For a thread that signals have nothing to tell. made: as app_connect_new, else nothing is written
 * by connecting, whatever queues there are. */
enum dtq_err app_open(const struct app *app, bool made, struct queue **out, struct dtq_why *why);

/* " --queue NAME" where a command that is proposed has to name the queue, else "". */
enum { APP_QUEUE_OPTION = ID_MAX + 12 };
const char *app_queue_option(const struct app *app, char text[APP_QUEUE_OPTION]);

/* One line on standard output. NULL counts as out of memory: DTQ_NOMEM. */
enum dtq_err app_print_json(const cJSON *value, struct dtq_why *why);

/* Text for people on standard output; one that failed is out of memory: DTQ_NOMEM. */
enum dtq_err app_print_text(const struct buf *text, struct dtq_why *why);

#endif
