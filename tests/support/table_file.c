/* table_file.c: see the header. A failure here is the test's. */
#include "tests/support/table_file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char top[] = "/tmp/dtq_table_XXXXXX";
static char root[64], cache[64];

const char *table_root(void)
{
    if (!root[0]) {
        assert_non_null(mkdtemp(top));
        snprintf(root, sizeof root, "%s/data", top);
        snprintf(cache, sizeof cache, "%s/cache/of/tables", top);
        assert_int_equal(mkdir(root, 0700), 0);
    }
    return root;
}

const char *table_cache(void)
{
    table_root();
    return cache;
}

const char *table_path(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", table_root(), name);
    return path;
}

void table_write(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(table_path(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

void table_text(const char *name, const char *text)
{
    table_write(name, text, strlen(text));
}

enum dtq_err table_open_with(struct dataset_options options, const char *name, bool cached,
                             struct dataset **out, struct dtq_why *why)
{
    char ref[4200];
    const char *roots[] = {table_root()};
    const struct dataset_place place = {
        .roots = roots, .root_count = 1, .cache_dir = cached ? table_cache() : NULL};
    snprintf(ref, sizeof ref, "file:%s", name);
    options.ref = ref;
    return dataset_open(&place, &options, NULL, NULL, out, why);
}

enum dtq_err table_open(const char *name, const char *label, bool has_header, bool cached,
                        struct dataset **out, struct dtq_why *why)
{
    const struct dataset_options options = {.label = label, .has_header = has_header};
    return table_open_with(options, name, cached, out, why);
}

struct dataset *table_opened(struct dataset_options options, const char *name)
{
    struct dtq_why why;
    struct dataset *d = NULL;
    uint64_t digest = 0;
    for (int i = 0; i < 3; i++) {
        dataset_close(d);
        if (table_open_with(options, name, i > 0, &d, &why) != DTQ_OK) fail_msg("%s", why.text);
        assert_true(d->mapped == (i > 0));
        assert_int_equal((uintptr_t)d->x % 64, 0);
        assert_true(i == 0 || d->digest == digest);
        digest = d->digest;
    }
    return d;
}

void table_assert_refused(struct dataset_options options, const char *name, const char *part)
{
    struct dtq_why why = {""};
    struct dataset *d = NULL;
    assert_int_equal(table_open_with(options, name, false, &d, &why), DTQ_INPUT);
    assert_null(d);
    if (!strstr(why.text, part)) fail_msg("\"%s\" lacks \"%s\"", why.text, part);
}

void table_assert_text_refused(struct dataset_options options, const char *text, const char *part)
{
    table_text("t.dat", text);
    table_assert_refused(options, "t.dat", part);
}

double table_x(const struct dataset *d, uint64_t row, uint64_t feature)
{
    size_t i = row * d->features + feature;
    switch (d->type) {
    case DATASET_U8: return ((const uint8_t *)d->x)[i];
    case DATASET_I16: return ((const int16_t *)d->x)[i];
    case DATASET_I32: return ((const int32_t *)d->x)[i];
    case DATASET_F32: return (double)((const float *)d->x)[i];
    case DATASET_F64: break;
    }
    return ((const double *)d->x)[i];
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

int table_remove(void **state)
{
    (void)state;
    return root[0] ? nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS) : 0;
}
