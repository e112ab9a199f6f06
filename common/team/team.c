/* team.c: the folder, the bell, and who is there. */
#include "common/team/team.h"

#include "common/team/futex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    MEMBERS_MOST = 1024,
    BELL_BYTES = 4096,
    LITTER_S = 7 * 86400, /* files of another boot, or of another machine, are left alone so long */
};

static const char BELL_MAGIC[8] = "dtqbell1";

/* In a file. All 0, but for the magic, when new. */
struct bell {
    char magic[8];
    atomic_uint rings;
};

struct team {
    int dir;       /* owned */
    int bell_fd;   /* owned; carries the lock */
    char name[17]; /* of the team's files: a hash of boot and key */
    unsigned slots;
    struct bell *bell; /* owned; mapped */
};

/* The folder for its owner alone; those above it, where they are missing, as usual. */
static void make_dir(const char *dir)
{
    char part[PATH_MAX];

    if (strlen(dir) >= sizeof part) return; /* opening it says what is wrong */
    strcpy(part, dir);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        mkdir(part, 0777);
        *at = '/';
    }
    mkdir(part, 0700);
}

/* FNV-1a */
static uint64_t hash_text(uint64_t h, const char *text)
{
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h;
}

static enum dtq_err name_team(const char *key, char *name, size_t size, struct dtq_why *why)
{
    char boot[64] = "";
    FILE *from = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool read = from && fgets(boot, sizeof boot, from);

    if (from) fclose(from);
    if (!read) return err_set(why, DTQ_IO, "the kernel does not tell the id of its boot");
    snprintf(name, size, "%016" PRIx64,
             hash_text(hash_text(UINT64_C(14695981039346656037), boot), key));
    return DTQ_OK;
}

/* A lock on a range of bytes that goes with the open file, not with the process (fcntl(2)). */
static struct flock lock_of(off_t from, off_t count)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = count};
}

/* Nobody holds it: neither a board nor a bell. */
static bool is_left(int fd)
{
    struct flock whole = lock_of(0, 0);

    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Removes what nobody has touched for long and nobody holds. */
static void sweep(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !d) close(fd);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        int file;

        if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
            time(NULL) - st.st_mtim.tv_sec < LITTER_S)
            continue;
        file = openat(dir, e->d_name, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
        if (file < 0) continue;
        if (is_left(file)) unlinkat(dir, e->d_name, 0);
        close(file);
    }
    if (d) closedir(d);
}

static enum dtq_err map_bell(struct team *t, struct dtq_why *why)
{
    char name[sizeof t->name + sizeof ".bell"];
    struct stat st;
    int failed = 0;

    snprintf(name, sizeof name, "%s.bell", t->name);
    t->bell_fd = openat(t->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (t->bell_fd < 0 || fstat(t->bell_fd, &st) != 0)
        return err_set(why, DTQ_IO, "%s: %s", name, strerror(errno));
    if (st.st_size < BELL_BYTES) failed = posix_fallocate(t->bell_fd, 0, BELL_BYTES);
    if (failed) return err_set(why, DTQ_IO, "%s: %s", name, strerror(failed));
    t->bell = mmap(NULL, BELL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, t->bell_fd, 0);
    if (t->bell == MAP_FAILED) {
        t->bell = NULL;
        return err_set(why, DTQ_IO, "%s: %s", name, strerror(errno));
    }
    /* Whoever comes first writes it; who comes at the same time writes the same. */
    if (pwrite(t->bell_fd, BELL_MAGIC, sizeof BELL_MAGIC, 0) != sizeof BELL_MAGIC)
        return err_set(why, DTQ_IO, "%s: %s", name, strerror(errno));
    return DTQ_OK;
}

static enum dtq_err take_bytes(struct team *t, struct dtq_why *why)
{
    for (off_t i = 0; i < MEMBERS_MOST; i++) {
        struct flock lock = lock_of(i * TEAM_SLOTS_MOST, t->slots);

        if (fcntl(t->bell_fd, F_OFD_SETLK, &lock) == 0) return DTQ_OK;
        if (errno != EAGAIN && errno != EACCES)
            return err_set(why, DTQ_IO, "%s.bell: %s", t->name, strerror(errno));
    }
    return err_set(why, DTQ_FULL, "%s.bell: more than %d processes", t->name, MEMBERS_MOST);
}

enum dtq_err team_join(const char *dir, const char *key, unsigned slots, struct team **out,
                       struct dtq_why *why)
{
    struct team *t = calloc(1, sizeof *t);
    enum dtq_err err;

    if (!t) return err_set(why, DTQ_NOMEM, "out of memory for a team");
    t->dir = t->bell_fd = -1;
    t->slots = slots < TEAM_SLOTS_MOST ? slots : TEAM_SLOTS_MOST;
    make_dir(dir);
    err = name_team(key, t->name, sizeof t->name, why);
    if (err != DTQ_OK) goto out;
    t->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->dir < 0) {
        err = err_set(why, DTQ_IO, "%s: %s", dir, strerror(errno));
        goto out;
    }
    sweep(t->dir);
    err = map_bell(t, why);
    if (err == DTQ_OK) err = take_bytes(t, why);
    if (err != DTQ_OK) goto out;
    *out = t;
    t = NULL; /* the caller owns it now */
out:
    team_leave(t);
    return err;
}

void team_leave(struct team *t)
{
    if (!t) return;
    if (t->bell) munmap(t->bell, BELL_BYTES);
    if (t->bell_fd >= 0) close(t->bell_fd);
    if (t->dir >= 0) close(t->dir);
    free(t);
}

/* Bytes of a range that others hold. Asked for a lock in the way, the kernel tells any of them: the
 * others are left and right of it. */
static unsigned count_held(int fd, off_t from, off_t until)
{
    struct flock lock = lock_of(from, until - from);

    if (from >= until || fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK ||
        lock.l_start < from || lock.l_len <= 0 || lock.l_len > until - lock.l_start)
        return 0;
    return (unsigned)lock.l_len + count_held(fd, from, lock.l_start) +
           count_held(fd, lock.l_start + lock.l_len, until);
}

unsigned team_slots(struct team *t)
{
    return t->slots + count_held(t->bell_fd, 0, (off_t)MEMBERS_MOST * TEAM_SLOTS_MOST);
}

void team_ring(struct team *t)
{
    atomic_fetch_add(&t->bell->rings, 1);
    futex_wake_all(&t->bell->rings);
}

uint32_t team_rings(struct team *t)
{
    return atomic_load(&t->bell->rings);
}

void team_wait(struct team *t, uint32_t seen)
{
    futex_wait(&t->bell->rings, seen, -1);
}

int team_dir(const struct team *t)
{
    return t->dir;
}

const char *team_name(const struct team *t)
{
    return t->name;
}
