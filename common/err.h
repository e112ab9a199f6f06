/* err.h: the one error convention of the tree. A function that can fail returns enum dtq_err;
 * results leave by pointer and are written only on DTQ_OK. The sentence for a person travels
 * beside it in a struct dtq_why. */
#ifndef DTQ_ERR_H
#define DTQ_ERR_H

#include <stdbool.h>

/* One row an outcome: name, number, word on the wire and in logs. The numbers below 10 are the
 * reply codes of the Lua scripts. */
#define DTQ_ERRORS(X)                                                                         \
    X(OK, 0, "ok")                                                                            \
    X(NONE, 1, "nothing_to_do")            /* empty queue, no new event, time is up */        \
    X(LEASE_LOST, 2, "lease_lost")         /* the fencing token is not the present one */     \
    X(JOB_GONE, 3, "job_gone")             /* no such job, or it has ended */                 \
    X(FENCED, 4, "fenced")                 /* another owner or another commit came between */ \
    X(EXISTS, 5, "exists")                 /* the id is taken */                              \
    X(FULL, 6, "full")                     /* a limit that keeps memory bounded */            \
    X(UNKNOWN_WORKER, 7, "unknown_worker") /* not registered, or reaped: join again */        \
    X(CANCELLED, 9, "cancelled")                                                              \
    X(SERVER, 10, "server_error") /* Redis answered with an error */                          \
    X(CONN, 11, "connection_lost")                                                            \
    X(INPUT, 12, "bad_input")     /* a retry cannot mend it */                                \
    X(IO, 13, "io_error")         /* a retry may mend it */                                   \
    X(NOMEM, 14, "out_of_memory") /* a retry may mend it */                                   \
    X(TIMEOUT, 15, "timeout")     /* ran longer than its limit */                             \
    X(DENIED, 16, "denied")       /* Redis wants a password, or another user */

enum dtq_err {
#define X(name, number, word) DTQ_##name = number,
    DTQ_ERRORS(X)
#undef X
};

struct dtq_why {
    char text[600];
};

/* The word of an outcome, for logs, JSON and the wire; "unknown" for a number not in the table. */
const char *err_word(enum dtq_err err);

/* Redis said no, be it with an error or for lack of rights: the connection is as good as before. */
bool err_is_refusal(enum dtq_err err);

/* Writes the sentence into *why (which may be NULL) and returns err, so that a failing line reads
 * `return err_set(why, DTQ_INPUT, "lr=%s: ...", text);`. Too long a sentence is cut; in
 * what comes from outside, control characters become '?' and bytes that are not UTF-8 U+FFFD. */
enum dtq_err err_set(struct dtq_why *why, enum dtq_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence that is in *why and returns err. */
enum dtq_err err_prefix(struct dtq_why *why, enum dtq_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
