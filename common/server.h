/* server.h: connecting to the Redis that a program means: the one that was named, else the one at
 * the usual place, else that of a running `dtq up`. */
#ifndef DTQ_SERVER_H
#define DTQ_SERVER_H

#include "common/find.h"
#include "common/program.h"
#include "common/queue/queue.h"

/* A connection to a queue. made: as queue_connect, else as one that only looks. up gets the URL of
 * the `dtq up` that it leads to, "" when it leads to program_url. DTQ_CONN says where it tried and,
 * when nobody named a server, how to get one. Not for several threads at a time: the environment is
 * read, and loses DTQ_REDIS_PASSWORD_FILE when there is a `dtq up`, which has no password. */
enum dtq_err server_open(const struct program *p, const char *queue, bool made, struct queue **out,
                         char up[FIND_URL], struct dtq_why *why);

#endif
