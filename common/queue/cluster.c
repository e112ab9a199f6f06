/* cluster.c: which node of a Redis Cluster has a key. */
#include "common/queue/cluster.h"

#include "common/queue/link.h"
#include "common/queue/reply.h"

#include <stdint.h>
#include <string.h>

enum { NODE_MS = 500, SLOTS = 16384 };

void nodes_add(struct nodes *nodes, const struct url_host *host)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->rows[i].port == host->port && strcmp(nodes->rows[i].name, host->name) == 0)
            return;
    if (nodes->count < NODES_MOST) nodes->rows[nodes->count++] = *host;
}

/* CRC-16/XMODEM, polynomial 0x1021, as in appendix A of
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
static uint16_t crc16(const char *text, size_t len)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint16_t)((unsigned char)text[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

unsigned cluster_slot(const char *key)
{
    const char *open = strchr(key, '{'), *close = open ? strchr(open, '}') : NULL;

    if (close && close > open + 1) return crc16(open + 1, (size_t)(close - open - 1)) % SLOTS;
    return crc16(key, strlen(key)) % SLOTS;
}

/* {address, port, ...}; a node that does not know its own address gives none: then it is the one
 * that was asked. */
static bool read_node(const redisReply *r, const struct url_host *asked, struct url_host *out)
{
    int64_t port;

    if (!reply_is_array(r, 2) || !reply_copy(r->element[0], out->name, sizeof out->name) ||
        !reply_int(r->element[1], &port) || port < 1 || port > 65535)
        return false;
    if (!out->name[0] || strcmp(out->name, "?") == 0)
        memcpy(out->name, asked->name, sizeof out->name);
    out->port = (int)port;
    return true;
}

/* {{first slot, last slot, primary, replica, ...}, ...} */
static bool read_slots(const redisReply *r, const struct url_host *asked, unsigned slot,
                       struct url_host *out, struct nodes *found)
{
    bool known = false;

    if (!reply_is_array(r, 0)) return false;
    for (size_t i = 0; i < r->elements; i++) {
        const redisReply *row = r->element[i];
        int64_t first, last;
        if (!reply_is_array(row, 3) || !reply_int(row->element[0], &first) ||
            !reply_int(row->element[1], &last))
            continue;
        for (size_t k = 2; k < row->elements; k++) {
            struct url_host host;
            if (!read_node(row->element[k], asked, &host)) continue;
            nodes_add(found, &host);
            if (k == 2 && slot >= first && slot <= last) {
                *out = host;
                known = true;
            }
        }
    }
    return known;
}

static enum dtq_err cluster_ask(const struct url *u, const struct url_host *node, unsigned slot,
                                struct url_host *out, struct nodes *found, struct dtq_why *why)
{
    const char *words[] = {"CLUSTER", "SLOTS"};
    char where[URL_HOST_SHOWN];
    redisContext *c = NULL;
    redisReply *reply = NULL;
    enum dtq_err err;

    url_host_shown(node, where);
    err = link_open(u, node, where, NODE_MS, NODE_MS, &c, why);
    if (err != DTQ_OK) return err;
    err = link_login(c, u, where, why);
    if (err == DTQ_OK) err = link_ask(c, where, 2, words, &reply, why);
    if (err == DTQ_OK && !read_slots(reply, node, slot, out, found))
        err = err_set(why, DTQ_CONN, "Redis at %s: no node of the cluster has slot %u now", where,
                      slot);
    freeReplyObject(reply);
    redisFree(c);
    return err;
}

enum dtq_err cluster_find(const struct url *u, const struct nodes *nodes, unsigned slot,
                          struct url_host *out, struct nodes *found, struct dtq_why *why)
{
    enum dtq_err err = DTQ_CONN;

    for (size_t i = 0; i < nodes->count; i++) {
        struct dtq_why one = {""};
        enum dtq_err now;
        found->count = 0;
        now = cluster_ask(u, &nodes->rows[i], slot, out, found, &one);
        if (now == DTQ_OK) return DTQ_OK;
        if (i == 0 || err_is_refusal(now)) {
            err = now;
            if (why) *why = one;
        }
    }
    return err;
}
