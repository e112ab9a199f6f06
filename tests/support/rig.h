/* rig.h: a queue "t" on the private server, with masters, workers and jobs in a call each. What
 * does not go as asked fails the test. */
#ifndef DTQ_RIG_H
#define DTQ_RIG_H

#include "common/queue/queue.h"

#define RIG_KEY "dtq:{t}:" /* before the name of each key of the queue */

enum { RIG_LEASE_MS = 60000 };

/* Group setup and teardown: the server. */
int rig_start(void **state);
int rig_stop(void **state);

/* Setup and teardown of a test: an empty server; *state is a connected struct queue. */
int rig_setup(void **state);
int rig_teardown(void **state);

#define rig_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

/* One more connection to the same queue; queue_free. */
struct queue *rig_connect(void);

/* Connections are cut by the server; returns when they are. */
void rig_cut(struct queue *q);

/* The sentence of the last refused call holds this. */
extern struct dtq_why rig_why;
void rig_assert_why(const char *part);

/* --- roles ------------------------------------------------------------------------------------ */

struct queue_member rig_member(const char *id, unsigned slots); /* not registered */
struct queue_member rig_worker(struct queue *q, const char *id, unsigned slots);
struct queue_member rig_master(struct queue *q, const char *id);

/* Every deadline of a ZSET ("leases", "workers", "masters", "delayed") lies in the past; or only
 * that of one member. */
void rig_expire_all(const char *set);
void rig_expire(const char *set, const char *member);
/* The slot has held its tasks for ever; which changes the token of the claim that they came with.
 */
void rig_age(const char *slot, struct queue_claim *claim);

/* What is due is done; returns next_ms. */
int64_t rig_reap(struct queue *q);

/* --- jobs ------------------------------------------------------------------------------------- */

/* A submission to be changed as needed: five attempts, five lost workers, a day of retention. */
struct queue_submission rig_submission(const char *job);
void rig_submit(struct queue *q, const struct queue_submission *s);

/* Takes the newest job from the stream and adopts it. */
struct queue_ownership rig_own(struct queue *q, const struct queue_member *master);

/* Adopts one entry. */
enum dtq_err rig_adopt(struct queue *q, const struct queue_member *master, const char *entry,
                       struct queue_ownership *out);

/* The stream entry of a job. Valid until the fourth text of the server from now. */
const char *rig_entry(const char *job);

/* What speaks for the present submission of a job; of master, fence and commits it knows nothing.
 */
struct queue_ownership rig_ownership(const char *job);

/* The nonce of the present submission of a job; "" of none. Valid as above. */
const char *rig_nonce(const char *job);

/* A job of the master "m" (registered when it is not) with tasks 0 to count - 1. */
struct queue_ownership rig_job(struct queue *q, const char *job, unsigned count);
struct queue_ownership rig_job_of(struct queue *q, const struct queue_submission *s,
                                  unsigned count);

/* Commits tasks first to first + count - 1 with the specs "s<no>". */
void rig_push(struct queue *q, struct queue_ownership *owner, uint64_t first, unsigned count);

/* Folds every result that waits, in one commit; returns how many. */
size_t rig_fold(struct queue *q, struct queue_ownership *owner);

/* --- tasks ------------------------------------------------------------------------------------ */

/* Claims; the claim must succeed. known: the job of which the slot knows the present submission, or
 * "". */
void rig_claim(struct queue *q, const struct queue_member *m, const char *slot, const char *known,
               unsigned most, struct queue_claim *out);

/* Hands in the whole claim with results "r<no>", or all as failures; claims nothing next. Leaves
 * the claim as it is. */
enum dtq_err rig_complete(struct queue *q, const struct queue_member *m, const char *slot,
                          const struct queue_claim *held);
enum dtq_err rig_fail(struct queue *q, const struct queue_member *m, const char *slot,
                      const struct queue_claim *held, enum queue_outcome outcome);

/* The numbers of a claim with a blank between. Valid until the next call. */
const char *rig_numbers(const struct queue_claim *claim);

#endif
