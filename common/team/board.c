/* board.c: the leader's side of a board. */
#include "common/clock.h"
#include "common/id.h"
#include "common/team/board_file.h"
#include "common/team/futex.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>

enum {
    SPARE_SEATS = 4,           /* a seat is taken once: for those who come after others left */
    BOARD_BYTES_MAX = 1 << 24, /* made anew for each task, so it has to be small */
    FIRST_PART_NS = 1000000,   /* what a part is thought to take before one was computed */
    LATE_NS = 50000,           /* beyond the time of a part: what a core may be busy with */
    LATE_COST = 4,
    LATE_MOST = 12, /* a helper is sent away that is late one time in five, or at four in a row */
};

/* What the leader thinks of a seat. */
struct seat_note {
    unsigned late;
    bool helped;
};

struct board {
    struct team *team;       /* borrowed */
    struct board_head *head; /* owned; mapped */
    int fd;                  /* owned; carries the lock */
    char file[64];           /* empty: it has no name */
    size_t bytes;
    uint64_t brief_at, input_at, input_bytes, seats_at, seat_bytes, output_bytes;
    unsigned seats, room, parts_most;
    char *outputs;           /* (parts_most, output_bytes) owned; of the parts computed here */
    struct seat_note *notes; /* (seats) owned */
    int64_t part_ns;         /* how long a part took here last */
};

/* Where what lies, and how large it all is. */
static enum dtq_err lay_out(struct board *b, const struct board_shape *shape, struct dtq_why *why)
{
    uint64_t left, share = shape->parts_most / (shape->helpers_most + 1) + 1;

    if (!shape->helpers_most || !shape->parts_most || shape->parts_most >= BOARD_PARTS_MOST ||
        shape->brief_bytes > BOARD_BYTES_MAX || shape->input_bytes > BOARD_BYTES_MAX ||
        shape->output_bytes > BOARD_BYTES_MAX || shape->helpers_most > TEAM_SLOTS_MOST)
        return err_set(why, DTQ_FULL, "too large for a board");
    b->seats = shape->helpers_most + SPARE_SEATS;
    b->parts_most = shape->parts_most;
    b->output_bytes = board_align(shape->output_bytes);
    b->input_bytes = shape->input_bytes;
    b->brief_at = board_align(sizeof *b->head);
    b->input_at = b->brief_at + board_align(shape->brief_bytes + 1);
    b->seats_at = b->input_at + board_align(shape->input_bytes);
    if (b->seats_at >= BOARD_BYTES_MAX) return err_set(why, DTQ_FULL, "too large for a board");
    /* Twice a fair share, if there is so much room: helpers may be faster than their leader. */
    left = (BOARD_BYTES_MAX - b->seats_at) / b->seats;
    left = left > sizeof(struct seat_head) + BOARD_LINE
               ? left - sizeof(struct seat_head) - BOARD_LINE
               : 0;
    b->room = (unsigned)(left / (b->output_bytes + 8));
    if (b->room > 2 * share) b->room = (unsigned)(2 * share);
    if (b->room > shape->parts_most) b->room = shape->parts_most;
    if (!b->room) return err_set(why, DTQ_FULL, "too large for a board");
    b->seat_bytes = board_align(sizeof(struct seat_head) + b->room * 8) + b->room * b->output_bytes;
    b->bytes = b->seats_at + b->seats * b->seat_bytes;
    return DTQ_OK;
}

static void write_head(struct board *b, const struct board_shape *shape)
{
    struct board_head *h = b->head;

    memcpy(h->magic, BOARD_MAGIC, sizeof h->magic);
    h->bytes = b->bytes;
    h->brief_at = b->brief_at;
    h->brief_bytes = shape->brief_bytes;
    h->input_at = b->input_at;
    h->input_bytes = b->input_bytes;
    h->seats_at = b->seats_at;
    h->seat_bytes = b->seat_bytes;
    h->output_bytes = b->output_bytes;
    h->seats = b->seats;
    h->room = b->room;
    h->helpers_most = shape->helpers_most;
    h->core = sched_getcpu();
    memcpy((char *)h + b->brief_at, shape->brief, shape->brief_bytes);
}

/* The file gets its name once it is whole and locked. Its blocks are there before it is mapped, so
 * that a full disk is an error here and no signal later. */
static enum dtq_err make_file(struct board *b, const struct board_shape *shape, struct dtq_why *why)
{
    int dir = team_dir(b->team), failed;
    char nonce[17], file[sizeof b->file], part[sizeof b->file + 1];

    id_nonce(nonce);
    snprintf(file, sizeof file, "%s-%s.board", team_name(b->team), nonce);
    snprintf(part, sizeof part, ".%s", file);
    b->fd = openat(dir, part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (b->fd < 0) return err_set(why, DTQ_IO, "%s: %s", part, strerror(errno));
    failed = posix_fallocate(b->fd, 0, (off_t)b->bytes);
    if (!failed && flock(b->fd, LOCK_EX | LOCK_NB) != 0) failed = errno;
    if (!failed) {
        b->head = mmap(NULL, b->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
        if (b->head == MAP_FAILED) {
            b->head = NULL;
            failed = errno;
        }
    }
    if (!failed) {
        write_head(b, shape);
        if (renameat(dir, part, dir, file) != 0) failed = errno;
    }
    if (failed) {
        unlinkat(dir, part, 0);
        return err_set(why, DTQ_IO, "%s: %s", part, strerror(failed));
    }
    memcpy(b->file, file, sizeof file);
    return DTQ_OK;
}

enum dtq_err board_open(struct team *t, const struct board_shape *shape, struct board **out,
                        struct dtq_why *why)
{
    struct board *b = calloc(1, sizeof *b);
    enum dtq_err err;

    if (!b) return err_set(why, DTQ_NOMEM, "out of memory for a board");
    b->team = t;
    b->fd = -1;
    b->part_ns = FIRST_PART_NS;
    err = lay_out(b, shape, why);
    if (err != DTQ_OK) goto out;
    b->outputs = aligned_alloc(BOARD_LINE, b->parts_most * b->output_bytes);
    b->notes = calloc(b->seats, sizeof *b->notes);
    err = b->outputs && b->notes ? make_file(b, shape, why)
                                 : err_set(why, DTQ_NOMEM, "out of memory for a board");
    if (err != DTQ_OK) goto out;
    team_ring(t);
    /* Helpers that were woken on this core wait for it, with others idle: they run, and leave it.
     */
    sched_yield();
    *out = b;
    b = NULL; /* the caller owns it now */
out:
    board_close(b);
    return err;
}

void board_close(struct board *b)
{
    if (!b) return;
    if (b->file[0]) {
        unlinkat(team_dir(b->team), b->file, 0);
        atomic_store(&b->head->closed, true);
        atomic_fetch_add(&b->head->news, 1);
        futex_wake_all(&b->head->news);
    }
    if (b->head) munmap(b->head, b->bytes);
    if (b->fd >= 0) close(b->fd);
    free(b->outputs);
    free(b->notes);
    free(b);
}

static struct seat_head *seat_of(const struct board *b, unsigned i)
{
    return board_seat(b->head, b->seats_at, b->seat_bytes, i);
}

static const char *output_of(const struct board *b, unsigned seat, unsigned place)
{
    return (const char *)seat_of(b, seat) +
           board_align(sizeof(struct seat_head) + (uint64_t)b->room * 8) + place * b->output_bytes;
}

/* --- a round ---------------------------------------------------------------------------------- */

struct round {
    uint32_t number;
    unsigned parts, left;
    unsigned here; /* computed by the leader */
    board_part *compute;
    void *ctx;
    const void **outputs;
};

/* The exchange keeps what is written behind it from being seen before the round is odd. */
static uint32_t publish(struct board *b, const void *input, size_t bytes, unsigned parts)
{
    struct board_head *h = b->head;
    uint32_t odd = atomic_load_explicit(&h->round, memory_order_relaxed) + 1;

    atomic_exchange(&h->round, odd);
    words_store((char *)h + b->input_at, input, bytes);
    atomic_store_explicit(&h->input_used, (unsigned)bytes, memory_order_relaxed);
    atomic_store_explicit(&h->core, sched_getcpu(), memory_order_relaxed);
    atomic_store_explicit(&h->round, odd + 1, memory_order_release);
    atomic_store_explicit(&h->ticket, ticket_make(odd + 1, parts), memory_order_release);
    atomic_fetch_add(&h->news, 1);
    if (atomic_load(&h->sleepers)) futex_wake_all(&h->news);
    return odd + 1;
}

static enum dtq_err compute_here(struct board *b, struct round *r, unsigned part)
{
    char *to = b->outputs + part * b->output_bytes;
    int64_t began = clock_ns(), took;
    enum dtq_err err = r->compute(r->ctx, part, to);

    if (err != DTQ_OK) return err;
    /* The shortest of this round counts: rounds differ in what their parts are. */
    took = clock_ns() - began;
    if (!r->here++ || took < b->part_ns) b->part_ns = took;
    r->outputs[part] = to;
    r->left--;
    return DTQ_OK;
}

/* Takes what helpers have done since the last time. */
static void collect(struct board *b, struct round *r)
{
    for (unsigned i = 0; i < b->seats && r->left; i++) {
        struct seat_head *seat = seat_of(b, i);
        unsigned state = atomic_load_explicit(&seat->state, memory_order_relaxed);

        if (state == SEAT_FREE || state == SEAT_SENT) continue;
        for (unsigned n = 0; n < b->room; n++) {
            uint64_t mark = atomic_load_explicit(&seat->marks[n], memory_order_acquire);
            unsigned part = (unsigned)(mark >> 1 & (BOARD_PARTS_MOST - 1));

            if (mark >> 32 != r->number || !(mark & 1) || part >= r->parts) break;
            if (r->outputs[part]) continue;
            r->outputs[part] = output_of(b, i, n);
            r->left--;
            b->notes[i].helped = true;
            if (b->notes[i].late) b->notes[i].late--;
        }
    }
}

/* Whoever has this part is late with it. */
static void note_late(struct board *b, const struct round *r, unsigned part)
{
    for (unsigned i = 0; i < b->seats; i++) {
        struct seat_head *seat = seat_of(b, i);
        unsigned taken = SEAT_TAKEN;
        bool its = false;

        for (unsigned n = 0; n < b->room && !its; n++)
            its = atomic_load_explicit(&seat->marks[n], memory_order_relaxed) ==
                  mark_make(r->number, part, false);
        if (!its) continue;
        b->notes[i].late += LATE_COST;
        if (b->notes[i].late > LATE_MOST &&
            atomic_compare_exchange_strong(&seat->state, &taken, SEAT_SENT))
            atomic_fetch_sub(&b->head->active, 1);
    }
}

/* All parts are drawn; what is not here yet is with helpers. */
static enum dtq_err wait_for_helpers(struct board *b, struct round *r)
{
    int64_t until = clock_ns() + b->part_ns + b->part_ns / 4 + LATE_NS;
    enum dtq_err err = DTQ_OK;

    collect(b, r);
    while (r->left && clock_ns() < until) {
        for (int i = 0; i < 32; i++)
            futex_pause();
        collect(b, r);
    }
    for (unsigned part = 0; r->left && err == DTQ_OK; part++) {
        if (r->outputs[part]) continue;
        note_late(b, r, part);
        err = compute_here(b, r, part);
        if (err == DTQ_OK) collect(b, r);
    }
    return err;
}

enum dtq_err board_round(struct board *b, const void *input, size_t input_bytes, unsigned parts,
                         board_part *compute, void *ctx, const void **outputs)
{
    struct round r = {
        .parts = parts, .left = parts, .compute = compute, .ctx = ctx, .outputs = outputs};
    uint32_t number;
    unsigned part;
    enum dtq_err err = DTQ_OK;

    if (parts > b->parts_most || input_bytes > b->input_bytes) return DTQ_INPUT;
    for (unsigned i = 0; i < parts; i++)
        outputs[i] = NULL;
    r.number = publish(b, input, input_bytes, parts);
    while (err == DTQ_OK && ticket_draw(&b->head->ticket, &number, &part))
        err = compute_here(b, &r, part);
    return err == DTQ_OK && r.left ? wait_for_helpers(b, &r) : err;
}

const char *board_helper(struct board *b, unsigned i)
{
    for (unsigned seat = 0; seat < b->seats; seat++)
        if (b->notes[seat].helped && !i--) {
            seat_of(b, seat)->name[BOARD_NAME_MAX] = '\0';
            return seat_of(b, seat)->name;
        }
    return NULL;
}

void board_helpers_clear(struct board *b)
{
    for (unsigned seat = 0; seat < b->seats; seat++)
        b->notes[seat].helped = false;
}

uint64_t board_helped_ns(const struct board *b)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < b->seats; i++)
        sum += atomic_load_explicit(&seat_of(b, i)->busy_ns, memory_order_relaxed);
    return sum;
}
