/* place.c: symbolic links are resolved first and the result is compared with the roots. */
#include "common/dataset/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *dataset_ref_path(const char *ref)
{
    static const char file[] = "file:";
    size_t len = strcspn(ref, ":/"); /* what has a slash before its colon is a path */

    if (strncmp(ref, file, sizeof file - 1) == 0)
        ref += sizeof file - 1;
    else if (ref[len] == ':')
        return NULL;
    return *ref ? ref : NULL;
}

/* Is the folder that root i leads to (NULL: none) one that was named before? */
static bool named_before(const struct dataset_place *place, size_t i, const char *folder)
{
    bool before = false;
    for (size_t j = 0; folder && j < i && !before; j++) {
        char *other = realpath(place->roots[j], NULL);
        before = other && strcmp(folder, other) == 0;
        free(other);
    }
    return before;
}

/* The roots as a list for a sentence: where they are, as "." means nothing to a person elsewhere.
 */
static const char *list_roots(const struct dataset_place *place, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < place->root_count && len < size; i++) {
        char *folder = realpath(place->roots[i], NULL);
        if (!named_before(place, i, folder))
            len += (size_t)snprintf(text + len, size - len, "%s%s%s", len ? ", " : "",
                                    folder ? folder : place->roots[i],
                                    folder ? "" : ", which is not there");
        free(folder);
    }
    return text;
}

static bool climbs(const char *name)
{
    for (const char *p = name; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0')) return true;
    }
    return false;
}

/* Whether path, already resolved, lies below one of the roots. */
static bool is_below(const struct dataset_place *place, const char *path)
{
    bool below = false;
    for (size_t i = 0; i < place->root_count && !below; i++) {
        char *root = realpath(place->roots[i], NULL);
        if (!root) continue;
        size_t len = strlen(root);
        while (len > 0 && root[len - 1] == '/') /* the root "/" */
            len--;
        below = strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
        free(root);
    }
    return below;
}

/* The resolved path of the first candidate there is; NULL with errno. */
static char *find(const struct dataset_place *place, const char *name)
{
    if (name[0] == '/') return realpath(name, NULL);
    int why_not = ENOENT;
    for (size_t i = 0; i < place->root_count; i++) {
        char *candidate;
        if (asprintf(&candidate, "%s/%s", place->roots[i], name) < 0) {
            errno = ENOMEM;
            return NULL;
        }
        char *path = realpath(candidate, NULL);
        if (!path && errno != ENOENT) why_not = errno;
        free(candidate);
        if (path) return path;
    }
    errno = why_not;
    return NULL;
}

static enum dtq_err not_found(const struct dataset_place *place, const char *name, int code,
                              struct dtq_why *why)
{
    char roots[300];
    list_roots(place, roots, sizeof roots);
    switch (code) {
    case ENOMEM: return err_set(why, DTQ_NOMEM, "%s: out of memory", name);
    case ENOENT:
    case ENOTDIR:
        return err_set(why, DTQ_INPUT, "%.200s: there is no such file below the data roots (%s)",
                       name, roots);
    case EACCES:
        return err_set(why, DTQ_INPUT,
                       "%.200s: a folder on the way to it may not be searched by user %u", name,
                       (unsigned)geteuid());
    case ELOOP:
    case ENAMETOOLONG:
        return err_set(why, DTQ_INPUT, "%.200s: %s; give the path of a file below %s", name,
                       strerror(code), roots);
    default: return err_set(why, DTQ_IO, "%.200s: %s", name, strerror(code));
    }
}

static enum dtq_err no_table(const char *name, mode_t mode, struct dtq_why *why)
{
    const char *what = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a pipe"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    return err_set(why, DTQ_INPUT, "%.200s is %s; a regular file with a table was expected", name,
                   what);
}

/* Opens out->path, which has been found to lie where it may. */
static enum dtq_err open_regular(struct place_file *out, struct dtq_why *why)
{
    struct stat before;
    if (stat(out->path, &before) != 0)
        return err_set(why, DTQ_IO, "%.200s: %s", out->name, strerror(errno));
    /* Before it is opened: opening a device may do something. */
    if (!S_ISREG(before.st_mode)) return no_table(out->name, before.st_mode, why);
    out->fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (out->fd < 0 && errno == EACCES)
        return err_set(why, DTQ_INPUT, "%.200s may not be read by user %u; change its permissions",
                       out->name, (unsigned)geteuid());
    if (out->fd < 0 || fstat(out->fd, &out->st) != 0)
        return err_set(why, DTQ_IO, "%.200s: %s", out->name, strerror(errno));
    /* A path that was swapped for another meanwhile may lead anywhere. */
    if (out->st.st_dev != before.st_dev || out->st.st_ino != before.st_ino)
        return err_set(why, DTQ_IO, "%.200s was replaced while it was being opened", out->name);
    return DTQ_OK;
}

static enum dtq_err check_ref(const struct dataset_place *place, const char *ref,
                              struct dtq_why *why)
{
    const char *path = ref ? dataset_ref_path(ref) : NULL;

    if (!path)
        return err_set(why, DTQ_INPUT,
                       "\"%.200s\" is not the path of a file; expected one such as digits.csv or "
                       "file:digits.csv",
                       ref ? ref : "");
    if (place->root_count == 0)
        return err_set(why, DTQ_INPUT,
                       "%.200s: this worker has no data roots; start it with a folder of data",
                       ref);
    if (climbs(path))
        return err_set(why, DTQ_INPUT,
                       "%.200s: \"..\" is refused; give a path below the data roots", ref);
    return DTQ_OK;
}

enum dtq_err place_open(const struct dataset_place *place, const char *ref, struct place_file *out,
                        struct dtq_why *why)
{
    enum dtq_err err = check_ref(place, ref, why);
    if (err != DTQ_OK) return err;

    struct place_file f = {.name = dataset_ref_path(ref), .fd = -1};
    f.path = find(place, f.name);
    if (!f.path) return not_found(place, f.name, errno, why);
    if (!is_below(place, f.path)) {
        char roots[300];
        err = err_set(
            why, DTQ_INPUT,
            "%.100s leads to %.150s, which is not below the data roots (%s); workers read "
            "only there, and in folders named by --data-dir",
            f.name, f.path, list_roots(place, roots, sizeof roots));
        goto out;
    }
    err = open_regular(&f, why);
    if (err != DTQ_OK) goto out;
    *out = f;
    return DTQ_OK;
out:
    place_close(&f);
    return err;
}

void place_close(struct place_file *f)
{
    if (f->fd >= 0) close(f->fd);
    free(f->path);
    f->fd = -1;
    f->path = NULL;
}

enum dtq_err place_unchanged(const struct place_file *f, struct dtq_why *why)
{
    struct stat now;
    if (fstat(f->fd, &now) != 0)
        return err_set(why, DTQ_IO, "%.200s: %s", f->name, strerror(errno));
    if (now.st_size != f->st.st_size || now.st_mtim.tv_sec != f->st.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != f->st.st_mtim.tv_nsec)
        return err_set(why, DTQ_IO,
                       "%.200s changed while it was being read; try again when it is "
                       "complete",
                       f->name);
    return DTQ_OK;
}
