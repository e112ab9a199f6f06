/* follow.h: tells the person at a console what becomes of the jobs of this producer: epochs and
 * results as they come, and what ended while nobody was there. In a thread of its own. */
#ifndef DTQ_FOLLOW_H
#define DTQ_FOLLOW_H

#include "common/console/console.h"
#include "producer/app.h"

struct follow;

/* app and console are borrowed until follow_free. */
enum dtq_err follow_new(const struct app *app, struct console *console, struct follow **out,
                        struct dtq_why *why);
void follow_free(struct follow *f); /* NULL is fine */

/* Around each submission, so that the end of a quick job is not met before its id is known. job_id
 * NULL: it failed; else nonce is that of the submission. */
void follow_submitting(struct follow *f);
void follow_submitted(struct follow *f, const char *job_id, const char *nonce);

/* Around the wait of a command for a job: it tells of the end itself, and writes the files. err:
 * how the wait ended; DTQ_OK and DTQ_JOB_GONE it tells of, else it gave up, and what it kept from
 * being told is told now. */
void follow_waiting(struct follow *f, const char *job_id);
void follow_waited(struct follow *f, const char *job_id, enum dtq_err err);

/* Is there a connection? */
bool follow_connected(struct follow *f);

#endif
