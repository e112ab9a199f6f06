/* speedup_log.c: logs/speedup.csv, written by us and edited by people. */
#include "producer/speedup.h"

#include "common/parse.h"
#include "common/table/csvlog.h"
#include "common/table/csvtable.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

static const char *const columns[] = {"timestamp", "jobId",  "workers",  "mode",
                                      "wallMs",    "params", "training", "cores"};
enum { STAMP, JOB, WORKERS, MODE, WALL, PARAMS, WORDS, CORES, COLUMNS, OLD_COLUMNS = PARAMS };

enum dtq_err speedup_log(const char *path, const struct speedup_row *row, struct dtq_why *why)
{
    char count[24], wall[40], cores[24] = "";

    snprintf(count, sizeof count, "%.0f", row->workers);
    snprintf(wall, sizeof wall, "%.15g", row->wall_ms);
    if (row->cores) snprintf(cores, sizeof cores, "%u", row->cores);
    return csvlog_append_once(path, columns,
                              (const char *const[]){row->stamp, row->job_id, count, row->mode, wall,
                                                    row->params, row->words, cores},
                              COLUMNS, 2, why);
}

/* A row of the log, and which training it is of. */
struct entry {
    struct speedup_row row;
    size_t line, training; /* training: place among those of the reader */
    bool bad;
};

/* A training, by what tells it apart, or one of the ways in which it ran. */
struct seen {
    UT_hash_handle hh;
    size_t training;
    char text[];
};

struct reader {
    const char *path;
    struct buf *notes;
    struct csvtable *t;
    struct entry *entries; /* (count) owned */
    size_t count, left_out;
    struct kind {
        size_t last;        /* entry */
        size_t modes, ways; /* ways: modes and numbers of workers */
        bool drawn;
    } * kinds; /* (kind_count) owned */
    size_t kind_count;
    struct seen *seen; /* owned */
};

static void leave_out(struct reader *r, struct entry *e, const char *reason)
{
    e->bad = true;
    if (r->left_out++ < CSVTABLE_WARNINGS)
        buf_printf(r->notes, "%s, line %zu: %s; left out\n", r->path, e->line, reason);
}

/* One line of the table; width: the columns that the file has. */
static void read_row(struct reader *r, const char *const *cells, size_t width, struct entry *e)
{
    double cores = 0;
    char shown[PARSE_SHOWN];
    struct dtq_why reason;
    enum dtq_err err;

    e->row = (struct speedup_row){.stamp = cells[STAMP],
                                  .job_id = cells[JOB],
                                  .mode = cells[MODE],
                                  .params = width > PARAMS ? cells[PARAMS] : "",
                                  .words = width > WORDS ? cells[WORDS] : ""};
    if (width > CORES && *cells[CORES]) parse_real(cells[CORES], &cores);
    if (cores >= 1 && cores <= SPEEDUP_WORKERS_MAX) e->row.cores = (unsigned)cores;
    if (!parse_real(cells[WORKERS], &e->row.workers))
        err = err_set(&reason, DTQ_INPUT, "workers \"%s\" is not a number",
                      parse_shown(cells[WORKERS], shown));
    else if (!parse_real(cells[WALL], &e->row.wall_ms))
        err = err_set(&reason, DTQ_INPUT, "wallMs \"%s\" is not a number",
                      parse_shown(cells[WALL], shown));
    else
        err = speedup_check(&e->row, &reason);
    if (err != DTQ_OK) leave_out(r, e, reason.text);
}

/* The text, added when it is new. NULL: out of memory. */
static struct seen *note_seen(struct reader *r, const char *text, bool *added)
{
    struct seen *it;
    size_t len = strlen(text);

    HASH_FIND(hh, r->seen, text, len, it);
    *added = !it;
    if (it || !(it = calloc(1, sizeof *it + len + 1))) return it;
    memcpy(it->text, text, len);
    HASH_ADD_KEYPTR(hh, r->seen, it->text, len, it);
    return it;
}

/* Which training the row is of, and whether it is the first that ran in this way. */
static bool sort_out(struct reader *r, size_t at)
{
    struct entry *e = &r->entries[at];
    char key[SPEEDUP_NAME_MAX], way[SPEEDUP_NAME_MAX + 2 * SPEEDUP_MODE_MAX];
    struct seen *it;
    bool added;

    speedup_key(&e->row, key);
    if (!(it = note_seen(r, key, &added))) return false;
    if (added) it->training = r->kind_count++;
    e->training = it->training;
    r->kinds[e->training].last = at;
    snprintf(way, sizeof way, "%s|%s", key, e->row.mode);
    if (!note_seen(r, way, &added)) return false;
    r->kinds[e->training].modes += added;
    snprintf(way, sizeof way, "%s|%s|%.0f", key, e->row.mode, e->row.workers);
    if (!note_seen(r, way, &added)) return false;
    r->kinds[e->training].ways += added;
    return true;
}

/* Marks what is to be drawn: the trainings that ran in several ways, or any, the newest first. */
static void choose(struct reader *r)
{
    size_t room = SPEEDUP_SERIES, others = 0;
    bool compared = false, full = false;

    for (size_t k = 0; k < r->kind_count; k++)
        if (r->kinds[k].ways > 1) compared = true;
    for (;;) {
        struct kind *newest = NULL;

        for (size_t k = 0; k < r->kind_count; k++)
            if (!r->kinds[k].drawn && (r->kinds[k].ways > 1 || !compared) &&
                (!newest || r->kinds[k].last > newest->last))
                newest = &r->kinds[k];
        if (!newest) break;
        /* One alone has its say even if it has too many modes: that is a sentence later. */
        full = room < newest->modes && room < SPEEDUP_SERIES;
        if (full) break;
        newest->drawn = true;
        room -= room < newest->modes ? room : newest->modes;
    }
    for (size_t k = 0; k < r->kind_count; k++)
        others += !r->kinds[k].drawn;
    if (others)
        buf_printf(r->notes,
                   "%s: %zu training%s %s not drawn, since %s; --only TEXT draws those "
                   "whose job id begins with TEXT\n",
                   r->path, others, others == 1 ? "" : "s", others == 1 ? "is" : "are",
                   full ? "there is no room for more"
                        : "a run in one mode with one number of workers compares with nothing");
}

static enum dtq_err read_entries(struct reader *r, const char *only, size_t width,
                                 struct dtq_why *why)
{
    r->entries = calloc(r->t->rows + 1, sizeof *r->entries);
    r->kinds = calloc(r->t->rows + 1, sizeof *r->kinds);
    if (!r->entries || !r->kinds)
        return err_set(why, DTQ_NOMEM, "out of memory for %zu runs", r->t->rows);
    for (size_t row = 0; row < r->t->rows; row++) {
        const char *const *cells = r->t->cells + row * width;
        struct entry *e = &r->entries[r->count];

        if (only && strncmp(cells[JOB], only, strlen(only)) != 0) continue;
        e->line = r->t->lines[row];
        read_row(r, cells, width, e);
        if (!e->bad && !sort_out(r, r->count))
            return err_set(why, DTQ_NOMEM, "out of memory for %zu runs", r->t->rows);
        r->count++;
    }
    choose(r);
    return DTQ_OK;
}

static enum dtq_err add_entries(struct reader *r, struct speedup *s, struct dtq_why *why)
{
    struct dtq_why reason;

    for (size_t i = 0; i < r->count; i++) {
        struct entry *e = &r->entries[i];
        enum dtq_err err;

        if (e->bad || !r->kinds[e->training].drawn) continue;
        err = speedup_add(s, &e->row, &reason);
        if (err == DTQ_NOMEM) {
            *why = reason;
            return err;
        }
        if (err != DTQ_OK) leave_out(r, e, reason.text);
    }
    return DTQ_OK;
}

enum dtq_err speedup_read(const char *path, const char *only, struct speedup *out,
                          struct buf *notes, struct dtq_why *why)
{
    struct reader r = {.path = path, .notes = notes};
    struct speedup s = {0};
    struct seen *it, *next;
    size_t width = COLUMNS;
    enum dtq_err err = csvtable_read(path, columns, width, &r.t, why);

    if (err == DTQ_INPUT) /* of an earlier version */
        err = csvtable_read(path, columns, width = OLD_COLUMNS, &r.t, why);
    if (err != DTQ_OK) return err;
    for (size_t i = 0; i < r.t->warnings_kept; i++)
        buf_printf(notes, "%s, line %zu: %s; left out\n", path, r.t->warnings[i].line,
                   r.t->warnings[i].text);
    err = read_entries(&r, only, width, why);
    if (err == DTQ_OK) err = add_entries(&r, &s, why);
    if (r.left_out > CSVTABLE_WARNINGS)
        buf_printf(notes, "%s: %zu lines were left out in all\n", path, r.left_out + r.t->skipped);
    if (err == DTQ_OK && !s.run_count && only)
        err = err_set(why, DTQ_INPUT, "%s holds no run whose job id begins with \"%s\"", path,
                      only);
    else if (err == DTQ_OK && !s.run_count)
        err = err_set(why, DTQ_INPUT, "%s holds no run; trainings write it, and dtq speedup", path);
    if (err == DTQ_OK) {
        *out = s;
        s = (struct speedup){0};
    }
    speedup_clear(&s);
    HASH_ITER(hh, r.seen, it, next)
    {
        HASH_DEL(r.seen, it);
        free(it);
    }
    free(r.entries);
    free(r.kinds);
    csvtable_free(r.t);
    return err;
}
