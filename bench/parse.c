/* parse.c: how long a file takes to become a table: parsed into memory, parsed into the cache, and
 * mapped from it. Usage: parse FILE [CACHE_DIR]; a CSV file has names on its first line and the
 * label in its first column, as Kaggle's copy of MNIST. One thread; the best of several, and the
 * speed over the bytes of the file. */
#include "common/clock.h"
#include "common/dataset/dataset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPEATS = 5 };

enum what { MEMORY, CACHE, MAPPED };

static const char *const titles[] = {"parse into memory", "parse into the cache",
                                     "map from the cache"};

/* Leaves no cache behind for the next. */
static void empty(const char *dir)
{
    char path[4096];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".dtqd") != 0) continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d) closedir(d);
}

/* Nanoseconds of one opening; negative: it failed. */
static int64_t open_ns(const char *file, const char *cache_dir, enum what what)
{
    static const char *const roots[] = {"/"};
    char ref[4096];
    struct dataset_place place = {
        .roots = roots, .root_count = 1, .cache_dir = what == MEMORY ? NULL : cache_dir};
    struct dataset_options options = {.ref = ref, .label = "first", .has_header = true};
    struct dataset *d;
    struct dtq_why why;
    snprintf(ref, sizeof ref, "file:%s", file);
    if (what == CACHE) empty(cache_dir);
    int64_t start = clock_ns();
    if (dataset_open(&place, &options, NULL, NULL, &d, &why) != DTQ_OK) {
        fprintf(stderr, "parse: %s\n", why.text);
        return -1;
    }
    int64_t ns = clock_ns() - start;
    dataset_close(d);
    return ns;
}

int main(int argc, char **argv)
{
    char own[] = "/tmp/dtq_parse_XXXXXX";
    struct stat st;
    int status = EXIT_FAILURE;
    char *file = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!file || stat(file, &st) != 0) {
        fprintf(stderr, "parse: give a file to parse\n");
        goto out;
    }
    const char *dir = argc > 2 ? argv[2] : mkdtemp(own);
    if (!dir) {
        perror("parse: /tmp");
        goto out;
    }
    status = EXIT_SUCCESS;
    for (enum what what = MEMORY; what <= MAPPED && status == EXIT_SUCCESS; what++) {
        int64_t best = INT64_MAX;
        for (int i = 0; i < REPEATS && best >= 0; i++) {
            int64_t ns = open_ns(file, dir, what);
            if (ns < best) best = ns;
        }
        if (best < 0)
            status = EXIT_FAILURE;
        else
            printf("%-22s %9.2f ms  %7.2f GB/s\n", titles[what], (double)best / 1e6,
                   (double)st.st_size / (double)best);
    }
    empty(dir);
    if (argc <= 2) rmdir(dir);
out:
    free(file);
    return status;
}
