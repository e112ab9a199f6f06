/* id.h: names given by people: of jobs, workers, masters, producers and queues. */
#ifndef DTQ_ID_H
#define DTQ_ID_H

#include "common/err.h"

enum { ID_MAX = 64 }; /* bytes without the NUL */

/* 1 to 64 of A-Z a-z 0-9 _ - . and not starting with '.' or '-': such a name is safe in Redis keys,
 * hash tags, file names and CSV. kind ("job id") is for the sentence. DTQ_INPUT else. */
enum dtq_err id_check(const char *kind, const char *id, struct dtq_why *why);

/* A fresh 16-character nonce from the kernel's random numbers (text holds 17 bytes). */
void id_nonce(char *text);

#endif
