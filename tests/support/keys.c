/* keys.c: what changed in the private server, and where its tasks are. */
#include "tests/support/keys.h"

#include "common/buf.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Three texts for each key, sorted by name: the name, '1' if it expires, its DUMP. */
static const char look_script[] =
    "local names, all = redis.call('KEYS', '*'), {}\n"
    "table.sort(names)\n"
    "for _, name in ipairs(names) do\n"
    "    all[#all + 1] = name\n"
    "    all[#all + 1] = redis.call('PTTL', name) < 0 and '0' or '1'\n"
    "    all[#all + 1] = redis.call('DUMP', name)\n"
    "end\n"
    "return all\n";

/* Every place of every task, in one step; returns what is wrong. */
static const char place_script[] =
    "local base, where, wrong = KEYS[1], {}, {}\n"
    "local function put(id, place)\n"
    "    local job, no = string.match(id, '^(.*)/(%d+)$')\n"
    "    local twin = redis.call('HGET', base .. 'job:' .. job, 'speculated')\n"
    "    if where[id] and not twin then\n"
    "        wrong[#wrong + 1] = id .. ' is ' .. where[id] .. ' and ' .. place\n"
    "    end\n"
    "    where[id] = place\n"
    "end\n"
    "for _, list in ipairs({ 'ready', 'parked' }) do\n"
    "    for _, id in ipairs(redis.call('LRANGE', base .. list, 0, -1)) do put(id, list) end\n"
    "end\n"
    "for _, id in ipairs(redis.call('ZRANGE', base .. 'delayed', 0, -1)) do\n"
    "    put(id, 'delayed')\n"
    "end\n"
    "for _, key in ipairs(redis.call('KEYS', base .. 'held:*')) do\n"
    "    local place = string.sub(key, #base + 1)\n"
    "    for _, id in ipairs(redis.call('LRANGE', key, 0, -1)) do put(id, place) end\n"
    "end\n"
    "for _, key in ipairs(redis.call('KEYS', base .. 'job:*')) do\n"
    "    local job = string.match(string.sub(key, #base + 1), '^job:([^:]+)$')\n"
    "    local state = job and redis.call('HGET', key, 'state')\n"
    "    if state == 'running' or state == 'submitted' then\n"
    "        for _, name in ipairs({ 'results', 'dead' }) do\n"
    "            for _, no in ipairs(redis.call('HKEYS', key .. ':' .. name)) do\n"
    "                put(job .. '/' .. no, name)\n"
    "            end\n"
    "        end\n"
    "        local tasks = {}\n"
    "        for _, no in ipairs(redis.call('HKEYS', key .. ':tasks')) do\n"
    "            local id = job .. '/' .. no\n"
    "            tasks[id] = true\n"
    "            if not where[id] then wrong[#wrong + 1] = id .. ' is nowhere' end\n"
    "        end\n"
    "        for id, place in pairs(where) do\n"
    "            local twin = redis.call('HGET', key, 'speculated')\n"
    "            if string.match(id, '^(.*)/') == job and not tasks[id] and not twin then\n"
    "                wrong[#wrong + 1] = id .. ' is ' .. place .. ' but is no task'\n"
    "            end\n"
    "        end\n"
    "    end\n"
    "end\n"
    "for _, slot in ipairs(redis.call('ZRANGE', base .. 'since', 0, -1)) do\n"
    "    if not redis.call('ZSCORE', base .. 'leases', slot) then\n"
    "        wrong[#wrong + 1] = slot .. ' has a token and no deadline'\n"
    "    end\n"
    "end\n"
    "if redis.call('ZCARD', base .. 'since') < redis.call('ZCARD', base .. 'leases') then\n"
    "    wrong[#wrong + 1] = 'a slot has a deadline and no token'\n"
    "end\n"
    "return table.concat(wrong, '; ')\n";

static redisReply *mark;
static struct buf changed;

static redisReply *keys_look(void)
{
    return server_run("EVAL %s 0", look_script);
}

void keys_mark(void)
{
    freeReplyObject(mark);
    mark = keys_look();
}

static void changed_add(const char *name)
{
    const char prefix[] = "dtq:{t}:";

    if (changed.len) buf_text(&changed, " ");
    buf_text(&changed, strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name);
}

static bool same(const redisReply *a, const redisReply *b)
{
    return a->len == b->len && memcmp(a->str, b->str, (size_t)a->len) == 0;
}

const char *keys_changed(void)
{
    redisReply *now = keys_look();
    size_t i = 0, k = 0;

    assert_non_null(mark);
    buf_reset(&changed);
    buf_text(&changed, "");
    while (i < mark->elements || k < now->elements) {
        int order = i >= mark->elements  ? 1
                    : k >= now->elements ? -1
                                         : strcmp(mark->element[i]->str, now->element[k]->str);
        if (order < 0) {
            changed_add(mark->element[i]->str);
        } else if (order > 0) {
            changed_add(now->element[k]->str);
        } else if (!same(mark->element[i + 1], now->element[k + 1]) ||
                   !same(mark->element[i + 2], now->element[k + 2])) {
            changed_add(now->element[k]->str);
        }
        if (order <= 0) i += 3;
        if (order >= 0) k += 3;
    }
    freeReplyObject(now);
    return changed.data;
}

void keys_assert_same(void)
{
    assert_string_equal(keys_changed(), "");
}

void keys_assert_one_place(void)
{
    const char *wrong = server_text("EVAL %s 1 dtq:{t}:", place_script);

    if (*wrong) fail_msg("%s", wrong);
}

void keys_clear(void)
{
    freeReplyObject(mark);
    mark = NULL;
    buf_clear(&changed);
}
