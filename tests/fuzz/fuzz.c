/* fuzz.c: see the header. */
#include "tests/fuzz/fuzz.h"

#include "common/dataset/table.h"
#include "common/math/sparse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WALK_FEATURES = 1 << 22 }; /* weights for more would only fill memory */

void fuzz_require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

int fuzz_file(const void *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(fd >= 0, "no file in memory");
    fuzz_require(write(fd, data, size) == (ssize_t)size, "the file is not written");
    return fd;
}

static void walk_rows(const struct dataset *d)
{
    static const struct linear_problem problem = {.model = LINEAR_LINREG, .scale = 1};
    if (d->rows > WALK_FEATURES || d->features > WALK_FEATURES) return;
    double *w = calloc(d->features, sizeof *w), *z = calloc(d->rows, sizeof *z);
    fuzz_require(w && z, "no memory");
    if (d->starts) {
        const struct sparse_rows rows = {d->type, d->x, d->columns, d->starts, d->rows};
        sparse_score(&problem, &rows, w, z);
    } else {
        linear_score(&problem, d->type, d->x, d->rows, d->features, w, z);
    }
    for (uint64_t r = 0; r < d->rows; r++)
        fuzz_require(z[r] == 0 || isnan(z[r]), "nothing times a row is nothing");
    free(w);
    free(z);
}

void fuzz_walk(const struct dataset *d)
{
    double sum = 0;
    for (uint64_t r = 0; r < d->rows; r++)
        sum += d->y[r];
    for (uint64_t j = 0; d->missing && j < d->features; j++)
        sum += (double)d->missing[j];
    for (uint64_t j = 0; d->names && j <= d->features; j++)
        sum += (double)strlen(dataset_name(d, j));
    fuzz_require(sum == sum || isnan(sum), "sums are numbers");
    walk_rows(d);
}

static void require_finite(const struct dataset *d)
{
    for (uint64_t i = 0; i < d->values; i++) {
        const bool finite = d->type == DATASET_F64   ? isfinite(((const double *)d->x)[i])
                            : d->type == DATASET_F32 ? isfinite(((const float *)d->x)[i])
                                                     : true;
        fuzz_require(finite, "a value that was read is finite");
    }
    for (uint64_t r = 0; r < d->rows; r++)
        fuzz_require(isfinite(d->y[r]), "a label that was read is finite");
}

/* What csv_complain says when it finds nothing wrong. */
static bool says_nothing(const char *text)
{
    static const char end[] = "cannot be read as a row of numbers";
    size_t len = strlen(text);
    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

void fuzz_parse(int fd, int labels_fd, enum dataset_format format,
                const struct dataset_options *options)
{
    const struct table_files files = {"t.dat", fd, "t.labels", labels_fd};
    int to = memfd_create("table", MFD_CLOEXEC);
    struct store store;
    struct layout layout;
    struct dtq_why why = {""};
    fuzz_require(to >= 0, "no file in memory");
    store_init(&store, to);
    enum dtq_err err = table_read(&files, format, options, NULL, NULL, &store, &layout, &why);
    store_clear(&store);
    if (err == DTQ_OK) {
        struct dataset *d;
        fuzz_require(layout_map(&layout, to, layout.file_bytes, &d) == DTQ_OK,
                     "what was written can be read");
        fuzz_walk(d);
        require_finite(d);
        dataset_close(d);
    } else {
        fuzz_require(err == DTQ_INPUT, "what is wrong is the input");
        fuzz_require(strstr(why.text, "t.") != NULL, "the sentence names the file");
        fuzz_require(!says_nothing(why.text), "the sentence says what is wrong");
    }
    close(to);
    close(fd);
    if (labels_fd >= 0) close(labels_fd);
}
