/* seat.c: the helper's side of a board. What it finds there was written by another process, which
 * may have died in the middle of it: the head is checked once, before anything is believed. */
#include "common/clock.h"
#include "common/team/board_file.h"
#include "common/team/futex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    SPIN_NS = 50000,  /* between two rounds: what a step takes that is no part */
    ALIVE_MS = 100,   /* a silent leader is looked after so often */
    SILENT_MS = 1000, /* one that is alive and silent so long is left */
};

struct seat {
    int dir; /* borrowed */
    int fd;  /* owned */
    char file[64];
    struct board_head *head; /* owned; mapped */
    size_t bytes;
    uint64_t brief_bytes, input_bytes, output_bytes; /* as checked */
    char *brief, *board_input, *outputs;
    struct seat_head *mine;
    unsigned room;
    void *input; /* (input_bytes) owned; a copy */
    size_t input_used;
    uint32_t round;      /* of the copy */
    unsigned used, part; /* marks of the round; the part under way */
    bool busy;           /* there is one */
    int64_t began;       /* it */
    uint64_t busy_ns;
};

static bool lies_within(uint64_t at, uint64_t bytes, uint64_t end)
{
    return at % BOARD_LINE == 0 && at <= end && bytes <= end - at;
}

/* Sizes that fit the file. */
static bool head_fits(const struct board_head *h, uint64_t bytes)
{
    uint64_t in_seat;

    return bytes >= sizeof *h && !memcmp(h->magic, BOARD_MAGIC, sizeof h->magic) &&
           h->bytes == bytes && lies_within(h->brief_at, h->brief_bytes, bytes) &&
           lies_within(h->input_at, h->input_bytes, bytes) && h->brief_at >= sizeof *h &&
           h->input_at >= sizeof *h && h->seats_at >= sizeof *h && h->seats && h->room &&
           h->room < BOARD_PARTS_MOST && h->output_bytes % BOARD_LINE == 0 &&
           h->output_bytes <= bytes && h->seat_bytes % BOARD_LINE == 0 &&
           (in_seat = board_align(sizeof(struct seat_head) + (uint64_t)h->room * 8) +
                      h->room * h->output_bytes) <= h->seat_bytes &&
           h->seat_bytes <= bytes && lies_within(h->seats_at, h->seats * h->seat_bytes, bytes) &&
           h->input_bytes % 8 == 0;
}

static bool leader_is_dead(const struct seat *s)
{
    return flock(s->fd, LOCK_SH | LOCK_NB) == 0;
}

/* A helper that has woken on the core of its leader takes away what it is there to give, and the
 * kernel may leave both there for several ms, with other cores idle: it looks for one seldom while
 * all are busy, as they were until now. Being allowed nowhere else for a moment moves us. */
static void leave_core(int core)
{
    cpu_set_t allowed, others;

    if (core < 0 || core >= CPU_SETSIZE || sched_getcpu() != core ||
        sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    others = allowed;
    CPU_CLR(core, &others);
    if (CPU_COUNT(&others) && sched_setaffinity(0, sizeof others, &others) == 0)
        sched_setaffinity(0, sizeof allowed, &allowed);
}

/* One of the seats that nobody has had, unless there are helpers enough. */
static bool sit_down(struct seat *s, const struct board_head *h, const char *name)
{
    unsigned active = atomic_load(&s->head->active);

    do
        if (active >= h->helpers_most) return false;
    while (!atomic_compare_exchange_weak(&s->head->active, &active, active + 1));
    for (unsigned i = 0; i < h->seats; i++) {
        struct seat_head *seat = board_seat(s->head, h->seats_at, h->seat_bytes, i);
        unsigned none = SEAT_FREE;

        if (!atomic_compare_exchange_strong(&seat->state, &none, SEAT_TAKEN)) continue;
        snprintf(seat->name, BOARD_NAME_MAX + 1, "%s", name);
        s->mine = seat;
        s->outputs = (char *)seat + board_align(sizeof *seat + (uint64_t)h->room * 8);
        return true;
    }
    atomic_fetch_sub(&s->head->active, 1);
    return false;
}

static bool sit_at(struct seat *s, const char *name)
{
    struct board_head h;
    struct stat st;

    if (fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof h)
        return false;
    s->bytes = (size_t)st.st_size;
    s->head = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
    if (s->head == MAP_FAILED) {
        s->head = NULL;
        return false;
    }
    memcpy(&h, s->head, offsetof(struct board_head, ticket));
    if (!head_fits(&h, s->bytes)) return false;
    s->brief_bytes = h.brief_bytes;
    s->input_bytes = h.input_bytes;
    s->output_bytes = h.output_bytes;
    s->room = h.room;
    s->brief = (char *)s->head + h.brief_at;
    s->board_input = (char *)s->head + h.input_at;
    s->input = malloc(h.input_bytes + 8);
    if (!s->input || !sit_down(s, &h, name)) return false;
    leave_core(atomic_load_explicit(&s->head->core, memory_order_relaxed));
    return true;
}

/* The board of this name, if it is alive and has a seat. */
static bool try_board(struct seat *s, const char *file, const char *name)
{
    if (strlen(file) >= sizeof s->file) return false;
    strcpy(s->file, file);
    s->fd = openat(s->dir, file, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (s->fd < 0) return false;
    if (!leader_is_dead(s)) return sit_at(s, name);
    unlinkat(s->dir, file, 0);
    return false;
}

static void seat_clear(struct seat *s)
{
    if (s->head) munmap(s->head, s->bytes);
    if (s->fd >= 0) close(s->fd);
    free(s->input);
}

enum dtq_err seat_take(struct team *t, const char *name, struct seat **out, struct dtq_why *why)
{
    int copy = openat(team_dir(t), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    size_t len = strlen(team_name(t));
    struct seat *s = calloc(1, sizeof *s);
    bool found = false;

    if (copy >= 0 && !d) close(copy);
    for (struct dirent *e; s && d && !found && (e = readdir(d));) {
        size_t all = strlen(e->d_name);

        if (strncmp(e->d_name, team_name(t), len) != 0 || all < 6 ||
            strcmp(e->d_name + all - 6, ".board") != 0)
            continue;
        *s = (struct seat){.dir = team_dir(t), .fd = -1};
        found = try_board(s, e->d_name, name);
        if (!found) seat_clear(s);
    }
    if (d) closedir(d);
    if (found) {
        *out = s;
        return DTQ_OK;
    }
    if (!s) return err_set(why, DTQ_NOMEM, "out of memory for a seat at a board");
    free(s);
    return DTQ_NONE;
}

void seat_leave(struct seat *s)
{
    unsigned taken = SEAT_TAKEN;

    if (!s) return;
    if (atomic_compare_exchange_strong(&s->mine->state, &taken, SEAT_LEFT))
        atomic_fetch_sub(&s->head->active, 1);
    seat_clear(s);
    free(s);
}

const void *seat_brief(const struct seat *s, size_t *bytes)
{
    *bytes = s->brief_bytes;
    return s->brief;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void hand_in(struct seat *s)
{
    if (!s->busy) return;
    s->busy = false;
    s->busy_ns += (uint64_t)(clock_ns() - s->began);
    atomic_store_explicit(&s->mine->busy_ns, s->busy_ns, memory_order_relaxed);
    atomic_store_explicit(&s->mine->marks[s->used - 1], mark_make(s->round, s->part, true),
                          memory_order_release);
}

/* The input of a round into our copy; false when the leader has gone on meanwhile. Adding nothing
 * keeps the reads before it. */
static bool copy_input(struct seat *s, uint32_t round)
{
    struct board_head *h = s->head;

    s->input_used = atomic_load_explicit(&h->input_used, memory_order_relaxed);
    if (s->input_used > s->input_bytes) return false;
    words_load(s->input, s->board_input, s->input_used);
    return atomic_fetch_add(&h->round, 0) == round;
}

/* Draws a part of the present round, if there is one and a place for its output. */
static bool draw(struct seat *s, struct seat_part *out)
{
    struct board_head *h = s->head;
    uint32_t round = (uint32_t)(atomic_load_explicit(&h->ticket, memory_order_relaxed) >> 32);

    if (round == s->round && s->used == s->room) return false;
    if (round != s->round) leave_core(atomic_load_explicit(&h->core, memory_order_relaxed));
    if (!ticket_draw(&h->ticket, &round, &s->part)) return false;
    if (round != s->round) s->used = 0;
    /* The round may have changed since we looked. */
    if (s->used == s->room) return false;
    s->began = clock_ns();
    if (round != s->round && !copy_input(s, round)) return false;
    s->round = round;
    atomic_store_explicit(&s->mine->marks[s->used], mark_make(round, s->part, false),
                          memory_order_release);
    *out = (struct seat_part){.round = round,
                              .part = s->part,
                              .input = s->input,
                              .input_bytes = s->input_used,
                              .output = s->outputs + s->used * s->output_bytes,
                              .output_bytes = s->output_bytes};
    s->used++;
    s->busy = true;
    return true;
}

/* Waits for news. False: the leader is dead, or has been silent for long. */
static bool wait_for_news(struct seat *s, uint32_t seen, int *silent_ms)
{
    struct board_head *h = s->head;
    int64_t until = clock_ns() + SPIN_NS;

    do {
        for (int i = 0; i < 32; i++)
            futex_pause();
        if (atomic_load_explicit(&h->news, memory_order_relaxed) != seen) return true;
    } while (!*silent_ms && clock_ns() < until);
    atomic_fetch_add(&h->sleepers, 1);
    futex_wait(&h->news, seen, ALIVE_MS);
    atomic_fetch_sub(&h->sleepers, 1);
    if (atomic_load(&h->news) != seen) return true;
    *silent_ms += ALIVE_MS;
    if (*silent_ms >= SILENT_MS) return false;
    if (!leader_is_dead(s)) return true;
    unlinkat(s->dir, s->file, 0);
    return false;
}

enum dtq_err seat_next(struct seat *s, bool (*stop)(void *ctx), void *ctx, struct seat_part *out)
{
    struct board_head *h = s->head;
    int silent_ms = 0;

    hand_in(s);
    for (;;) {
        uint32_t seen = atomic_load(&h->news);

        if (atomic_load(&h->closed) ||
            atomic_load_explicit(&s->mine->state, memory_order_relaxed) != SEAT_TAKEN || stop(ctx))
            return DTQ_NONE;
        if (draw(s, out)) return DTQ_OK;
        if (!wait_for_news(s, seen, &silent_ms)) return DTQ_NONE;
    }
}
