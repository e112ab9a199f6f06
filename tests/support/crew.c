/* crew.c: see crew.h. */
#include "tests/support/crew.h"

#include "tests/support/wait.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct dtq_why crew_why;
char crew_dir[64];

int crew_setup(void **state)
{
    (void)state;
    strcpy(crew_dir, "/tmp/dtq-board-XXXXXX");
    return mkdtemp(crew_dir) ? 0 : -1;
}

int crew_teardown(void **state)
{
    DIR *d = opendir(crew_dir);

    (void)state;
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    return rmdir(crew_dir);
}

unsigned crew_boards(void)
{
    DIR *d = opendir(crew_dir);
    unsigned count = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        count += strstr(e->d_name, ".board") != NULL;
    closedir(d);
    return count;
}

struct team *crew_join(unsigned slots)
{
    struct team *t = NULL;

    if (team_join(crew_dir, "a queue", slots, &t, &crew_why) != DTQ_OK)
        fail_msg("%s", crew_why.text);
    return t;
}

const struct board_shape crew_shape = {.brief = "what it is about",
                                       .brief_bytes = 17,
                                       .input_bytes = CREW_NUMBERS * 8,
                                       .output_bytes = CREW_NUMBERS * 8,
                                       .parts_most = CREW_PARTS,
                                       .helpers_most = 3};

struct board *crew_open_board(struct team *t)
{
    struct board *b = NULL;

    if (board_open(t, &crew_shape, &b, &crew_why) != DTQ_OK) fail_msg("%s", crew_why.text);
    return b;
}

void crew_compute(const uint64_t *input, unsigned part, uint64_t *output)
{
    for (unsigned i = 0; i < CREW_NUMBERS; i++)
        output[i] = input[i] * 2654435761u + part * 97 + i;
}

void crew_sleep_us(long us)
{
    const struct timespec time = {0, us * 1000};

    nanosleep(&time, NULL);
}

static enum dtq_err part_here(void *ctx, unsigned part, void *output)
{
    struct crew_leader *l = ctx;

    if (l->part_us) crew_sleep_us(l->part_us);
    crew_compute(l->input, part, output);
    l->here++;
    return DTQ_OK;
}

void crew_lead(struct crew_leader *l, uint64_t round)
{
    const void *outputs[CREW_PARTS];
    unsigned parts = 1 + round % CREW_PARTS;

    for (unsigned i = 0; i < CREW_NUMBERS; i++)
        l->input[i] = round * 1000003 + i;
    assert_int_equal(board_round(l->board, l->input, sizeof l->input, parts, part_here, l, outputs),
                     DTQ_OK);
    for (unsigned part = 0; part < parts; part++) {
        uint64_t expected[CREW_NUMBERS];

        crew_compute(l->input, part, expected);
        assert_memory_equal(outputs[part], expected, sizeof expected);
    }
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

struct seat *crew_take_seat(struct team *t, const char *name)
{
    struct seat *s = NULL;

    assert_int_equal(seat_take(t, name, &s, &crew_why), DTQ_OK);
    return s;
}

bool crew_next(struct seat *s, struct seat_part *part)
{
    return seat_next(s, never, NULL, part) == DTQ_OK;
}

/* Helps until there is no more to do. */
static void help(struct team *t, const char *name)
{
    struct seat *s = crew_take_seat(t, name);
    struct seat_part part;

    while (crew_next(s, &part))
        crew_compute(part.input, part.part, part.output);
    seat_leave(s);
}

void *crew_help_thread(void *arg)
{
    struct team *t = crew_join(1);

    help(t, arg);
    team_leave(t);
    return NULL;
}

pid_t crew_start(void (*act)(struct team *t, int to_parent), int *from_child)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        act(crew_join(1), ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *from_child = ends[0];
    return pid;
}

void crew_await(int from)
{
    char byte;

    assert_int_equal(read(from, &byte, 1), 1);
}

void crew_say(int to)
{
    if (write(to, "x", 1) != 1) _exit(1);
}

void crew_end(pid_t pid, int from_child)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(from_child);
}

void crew_lead_until_told(struct crew_leader *l, int from)
{
    int64_t until = clock_ms() + 30000;
    char byte;

    fcntl(from, F_SETFL, O_NONBLOCK);
    for (uint64_t round = CREW_PARTS - 1; read(from, &byte, 1) != 1; round += CREW_PARTS) {
        crew_lead(l, round);
        assert_true(clock_ms() < until);
    }
}
