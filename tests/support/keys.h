/* keys.h: all keys of the private server at one moment, to be held against a later one. */
#ifndef DTQ_KEYS_H
#define DTQ_KEYS_H

/* Remembers every key with its bytes, and whether it will expire. */
void keys_mark(void);

/* The keys that have changed, come or gone since the mark, sorted, with a blank between, without
 * the prefix of the queue "t". Valid until the next call. */
const char *keys_changed(void);

/* Nothing at all has changed since the mark. */
void keys_assert_same(void);

/* A task of a job that has not ended is in exactly one place: ready (or parked), delayed, held by
 * one slot, waiting to be folded, dead; and all that lies there is a task. Tasks of a job with
 * speculation are in at least one. Fails the test with what is wrong. */
void keys_assert_one_place(void);

/* Group teardown: frees what the mark keeps. */
void keys_clear(void);

#endif
