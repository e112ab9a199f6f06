/* lead.c: a slot that has others help with its task. */
#include "worker/lead.h"

#include "common/log.h"
#include "common/team/board.h"
#include "worker/brief.h"
#include "worker/helper.h"

#include <stdio.h>
#include <string.h>

unsigned lead_team(void *ctx)
{
    const struct runner *work = ctx;
    struct team *t = atomic_load(&work->slot->worker->team);

    return t ? team_slots(t) : 1;
}

/* The present task as helpers have to know it; params is the caller's to free. */
static void write_brief(const struct runner *work, const char *params, struct buf *out)
{
    struct brief brief = {.params = params,
                          .params_len = strlen(params),
                          .spec = work->task->spec,
                          .spec_len = work->task->len};

    snprintf(brief.job, sizeof brief.job, "%s", work->claim.job);
    snprintf(brief.nonce, sizeof brief.nonce, "%s", work->claim.nonce);
    snprintf(brief.type, sizeof brief.type, "%s", work->type->name);
    for (size_t i = 0; i < VECTORS_MOST; i++) {
        const struct vector *v = &work->vectors[i];

        if (!v->name[0] || !v->constant) continue;
        memcpy(brief.vectors[brief.vector_count].name, v->name, sizeof v->name);
        brief.vectors[brief.vector_count].v = v->v;
        brief.vectors[brief.vector_count++].count = v->count;
    }
    brief_write(&brief, out);
}

bool lead_share(void *ctx, const struct job_share *shape)
{
    struct runner *work = ctx;
    struct team *t = atomic_load(&work->slot->worker->team);
    unsigned others = t ? team_slots(t) - 1 : 0, most = helpers_most();
    struct board_shape board = {.input_bytes = shape->input,
                                .output_bytes = shape->output,
                                .parts_most = shape->parts_most,
                                .helpers_most = others < most ? others : most};
    struct buf brief = {0};
    struct dtq_why why = {""};
    enum dtq_err err = DTQ_NOMEM;
    char *params;

    if (!board.helpers_most || work->board) return false;
    params = cJSON_PrintUnformatted(work->params);
    if (params) write_brief(work, params, &brief);
    board.brief = brief.data;
    board.brief_bytes = brief.len;
    if (params && !brief.failed) err = board_open(t, &board, &work->board, &why);
    if (err != DTQ_OK)
        log_debug("share %s/%llu by %s: %s", work->claim.job, (unsigned long long)work->task->no,
                  work->slot->name, why.text);
    cJSON_free(params);
    buf_clear(&brief);
    return err == DTQ_OK;
}

enum dtq_err lead_round(void *ctx, const struct job_round *round, const void **outputs)
{
    struct runner *work = ctx;

    return board_round(work->board, round->input, round->input_len, round->parts, round->part,
                       round->ctx, outputs);
}

/* Whether the text has this word. */
static bool has_word(const struct buf *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = text->data; at && (at = strstr(at, word)); at += len)
        if ((at == text->data || at[-1] == ' ') && (!at[len] || at[len] == ' ')) return true;
    return false;
}

static void add_word(struct buf *text, const char *word)
{
    if (has_word(text, word)) return;
    if (text->len) buf_text(text, " ");
    buf_text(text, word);
}

const char *lead_helpers(void *ctx, uint64_t *us)
{
    struct runner *work = ctx;
    uint64_t all_us = work->board ? board_helped_ns(work->board) / 1000 : work->helped_us;
    const char *name;

    *us = all_us - work->helped_us;
    work->helped_us = all_us;
    buf_clear(&work->helpers);
    for (unsigned i = 0; work->board && (name = board_helper(work->board, i)); i++) {
        /* A hand of our own is no other worker. */
        if (strcmp(name, work->slot->worker->member.id) == 0) continue;
        add_word(&work->helpers, name);
        add_word(&work->helped, name);
    }
    if (work->board) board_helpers_clear(work->board);
    return work->helpers.failed ? NULL : work->helpers.data;
}

void lead_end(struct runner *work)
{
    uint64_t us;

    lead_helpers(work, &us);
    work->helped_us = 0;
    buf_clear(&work->helpers);
    board_close(work->board);
    work->board = NULL;
}
