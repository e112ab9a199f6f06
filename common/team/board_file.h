/* board_file.h: what lies in the file of a board, for board.c and seat.c alone.
 *
 * head, brief, input, seats. All that changes is atomic but for the outputs: those of a seat are
 * its helper's until the mark says that they are done, and then the leader's until the next round.
 */
#ifndef DTQ_BOARD_FILE_H
#define DTQ_BOARD_FILE_H

#include "common/team/board.h"

#include <stdatomic.h>
#include <string.h>

#define BOARD_MAGIC "dtqboard"
enum { BOARD_LINE = 64, BOARD_PARTS_MOST = 1 << 15 };

struct board_head {
    char magic[8];
    uint64_t bytes; /* of the file */
    uint64_t brief_at, brief_bytes;
    uint64_t input_at, input_bytes;
    uint64_t seats_at, seat_bytes;
    uint64_t output_bytes;
    uint32_t seats, room; /* outputs in a seat */
    uint32_t helpers_most;

    _Alignas(BOARD_LINE) atomic_ullong ticket; /* see ticket_make */
    _Alignas(BOARD_LINE) atomic_uint round;    /* odd: its input is being written */
    atomic_uint input_used;                    /* bytes of the input */
    atomic_uint news;                          /* moves with each round and at the end */
    atomic_uint sleepers;                      /* who sleep on news */
    atomic_int core;                           /* that the leader was on at the last news */
    atomic_bool closed;
    _Alignas(BOARD_LINE) atomic_uint active; /* seats that count as helpers */
};

enum seat_state {
    SEAT_FREE,
    SEAT_TAKEN,
    SEAT_LEFT, /* by its helper */
    SEAT_SENT, /* away by the leader */
};

/* Followed by `room` marks, and then by as many outputs. */
struct seat_head {
    _Alignas(BOARD_LINE) atomic_uint state;
    atomic_ullong busy_ns;
    char name[BOARD_NAME_MAX + 8]; /* before the first mark */
    _Alignas(BOARD_LINE) atomic_ullong marks[];
};

/* Parts are drawn from the ticket: round, parts of it, number of the next one. */
static inline uint64_t ticket_make(uint32_t round, unsigned parts)
{
    return (uint64_t)round << 32 | (uint64_t)parts << 16;
}

/* Draws one; false: none is left of this round. */
static inline bool ticket_draw(atomic_ullong *ticket, uint32_t *round, unsigned *part)
{
    unsigned long long seen = atomic_load_explicit(ticket, memory_order_acquire);

    do {
        *part = seen & 0xffff;
        *round = (uint32_t)(seen >> 32);
        if (*part >= (seen >> 16 & 0xffff)) return false;
    } while (!atomic_compare_exchange_weak_explicit(ticket, &seen, seen + 1, memory_order_acq_rel,
                                                    memory_order_acquire));
    return true;
}

/* A mark in a seat: round, part, and whether it is done. */
static inline uint64_t mark_make(uint32_t round, unsigned part, bool done)
{
    return (uint64_t)round << 32 | (uint64_t)part << 1 | done;
}

static inline uint64_t board_align(uint64_t bytes)
{
    return (bytes + BOARD_LINE - 1) / BOARD_LINE * BOARD_LINE;
}

static inline struct seat_head *board_seat(struct board_head *h, uint64_t seats_at,
                                           uint64_t seat_bytes, unsigned i)
{
    return (struct seat_head *)(void *)((char *)h + seats_at + i * seat_bytes);
}

/* Words that a late helper may read while the leader writes the next: it finds out by the round. */
static inline void words_store(void *to, const void *from, size_t bytes)
{
    atomic_ullong *words = to;

    for (size_t i = 0; i < bytes / 8; i++) {
        unsigned long long word;

        memcpy(&word, (const char *)from + i * 8, 8);
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

static inline void words_load(void *to, void *from, size_t bytes)
{
    atomic_ullong *words = from;

    for (size_t i = 0; i < bytes / 8; i++) {
        unsigned long long word = atomic_load_explicit(&words[i], memory_order_relaxed);

        memcpy((char *)to + i * 8, &word, 8);
    }
}

#endif
