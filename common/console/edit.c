/* edit.c: libedit's own interface rather than its imitation of readline: there a program may read
 * the bytes itself, which is where we wait for other things, too. */
#include "common/console/edit.h"

#include "common/console/choose.h"
#include "common/console/line.h"
#include "common/paths.h"

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum {
    HISTORY_MOST = 1000,
    PASTE_LEAST = 64, /* so many characters at once were not typed: they are drawn at once, too */
    CTRL_C = 3,
    CTRL_D = 4,
    CTRL_Z = 26,
};

struct edit {
    const struct console_spec *spec;
    struct input *in;
    edit_woken *woken;
    void *ctx;
    EditLine *el;
    History *history;
    char history_path[PATHS_MAX]; /* "": not kept */
    struct buf line;
    bool dumb;     /* a terminal without a cursor to move */
    bool too_long; /* bytes are thrown away up to the end of the line */
    struct sigaction old_winch, old_cont;
    struct termios found; /* how the terminal was set, when it could be asked */
    bool tty;
};

static volatile sig_atomic_t resized, continued;
static struct input *watched; /* woken by signals */

static void on_signal(int number)
{
    if (number == SIGCONT)
        continued = 1;
    else
        resized = 1;
    if (watched) input_wake(watched);
}

static char *prompt_of(EditLine *el)
{
    struct edit *e = NULL;
    static char prompt[80];

    el_get(el, EL_CLIENTDATA, &e);
    snprintf(prompt, sizeof prompt, "%s", e->spec->prompt);
    return prompt;
}

/* --- the screen ------------------------------------------------------------------------------- */

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

/* How many columns text[0..len) takes; control characters are shown as ^X. */
static long width_of(const wchar_t *text, size_t len)
{
    long width = 0;

    for (size_t i = 0; i < len; i++) {
        int one = wcwidth(text[i]);

        width += one < 0 ? 2 : one;
    }
    return width;
}

void edit_hide(struct edit *e)
{
    const LineInfoW *li = el_wline(e->el);
    long before = (long)strlen(e->spec->prompt) +
                  width_of(li->buffer, (size_t)(li->cursor - li->buffer));
    long row = before / columns();

    if (e->dumb) {
        fputs("\n", stdout);
        return;
    }
    fputs("\r", stdout);
    if (row) printf("\033[%ldA", row);
    fputs("\033[J", stdout);
}

void edit_show(struct edit *e)
{
    fflush(stdout);
    el_set(e->el, EL_REFRESH, NULL);
}

static void clear_line(struct edit *e)
{
    const LineInfoW *li = el_wline(e->el);
    int len = (int)(li->lastchar - li->buffer);

    el_cursor(e->el, (int)(li->lastchar - li->cursor));
    el_deletestr(e->el, len);
}

static bool line_is_empty(struct edit *e)
{
    const LineInfoW *li = el_wline(e->el);

    return li->lastchar == li->buffer;
}

/* The line as it stands, and text behind it, stay on the screen; a new one begins below. */
static void give_up_line(struct edit *e, const char *text)
{
    const LineInfoW *li = el_wline(e->el);

    edit_hide(e);
    printf("%s%.*ls%s\n", e->spec->prompt, (int)(li->lastchar - li->buffer), li->buffer, text);
    clear_line(e);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Decodes one character of the input: its length in bytes, 0 when more must come first. Bytes that
 * are no text become '?'. */
static size_t decode(const char *bytes, size_t len, wchar_t *out)
{
    mbstate_t state = {0};
    size_t used = mbrtowc(out, bytes, len, &state);

    if (used == (size_t)-2 && len < MB_CUR_MAX) return 0;
    if (used == (size_t)-1 || used == (size_t)-2) *out = L'?';
    return used == (size_t)-1 || used == (size_t)-2 || used == 0 ? 1 : used;
}

/* A paste: all but the last character of a long run of text goes into the line at once. */
static void take_paste(struct edit *e)
{
    struct input *in = e->in;
    wchar_t text[sizeof in->bytes + 1];
    size_t count = 0, at = in->at, last = in->at;

    while (at < in->len && (unsigned char)in->bytes[at] >= ' ' && in->bytes[at] != 127) {
        size_t used = decode(in->bytes + at, in->len - at, &text[count]);

        if (!used) break;
        count++;
        last = at;
        at += used;
    }
    if (count < PASTE_LEAST) return;
    text[count - 1] = L'\0';
    edit_hide(e);
    if (el_winsertstr(e->el, text) == 0) in->at = last;
    edit_show(e); /* the editor draws the last character alone */
}

/* Throws bytes away up to the end of the line. True: it is there. */
static bool skip_line(struct edit *e)
{
    struct input *in = e->in;

    while (in->at < in->len) {
        char c = in->bytes[in->at++];

        if (c == '\n' || c == '\r' || c == CTRL_C) return true;
    }
    return false;
}

static void on_wake(struct edit *e)
{
    if (continued) { /* whoever was in the foreground meanwhile may have set the terminal anew */
        continued = 0;
        el_set(e->el, EL_PREP_TERM, 0);
        el_set(e->el, EL_PREP_TERM, 1);
        resized = 1;
    }
    if (resized) {
        resized = 0;
        edit_hide(e);
        fflush(stdout);
        el_resize(e->el);
        edit_show(e);
    }
}

/* Between two lines the terminal is as programs expect it, but for one thing: there Ctrl-D would be
 * an end of file, which is lost as soon as the next line is edited. As a character like others it
 * is seen then. */
static void keep_ctrl_d(const struct edit *e)
{
    struct termios ours;

    if (!e->tty || tcgetattr(STDIN_FILENO, &ours) != 0) return;
    ours.c_cc[VEOF] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSANOW, &ours);
}

static void give_terminal_back(const struct edit *e)
{
    if (e->tty) tcsetattr(STDIN_FILENO, TCSADRAIN, &e->found);
}

/* As a terminal would: the whole job stops. SIGCONT sets the terminal again. */
static void suspend(struct edit *e)
{
    give_up_line(e, "^Z");
    fflush(stdout);
    el_set(e->el, EL_PREP_TERM, 0);
    give_terminal_back(e);
    kill(0, SIGTSTP);
}

/* What the editor does not get to see. True: *out is to be given to it all the same. */
static bool take_special(struct edit *e, wchar_t *out, int *answer)
{
    struct input *in = e->in;
    const LineInfoW *li = el_wline(e->el);

    *answer = 1;
    if (!e->too_long && li->lastchar - li->buffer + (long)(in->len - in->at) > CONSOLE_TYPED_MAX)
        e->too_long = true;
    if (e->too_long) {
        if (!skip_line(e)) return false;
        clear_line(e);
        *out = L'\n';
        return true;
    }
    if (in->bytes[in->at] == CTRL_C) {
        bool empty = line_is_empty(e);

        in->at++;
        give_up_line(e, "^C");
        if (empty) puts("Type exit, or press Ctrl-D, to leave.");
        edit_show(e);
        return false;
    }
    if (in->bytes[in->at] == CTRL_Z) {
        in->at++;
        suspend(e);
        return false;
    }
    if (in->bytes[in->at] == CTRL_D && line_is_empty(e)) {
        in->at++;
        edit_hide(e);
        printf("%sexit\n", e->spec->prompt);
        fflush(stdout);
        *answer = 0;
        return true;
    }
    return false;
}

/* libedit asks for a character: 1, or 0 at the end. */
static int next_character(EditLine *el, wchar_t *out)
{
    struct edit *e = NULL;
    struct input *in;

    el_get(el, EL_CLIENTDATA, &e);
    in = e->in;
    for (;;) {
        size_t before, used;
        enum input_got got = input_wait(in);
        int answer = 1;

        if (got == INPUT_END) return 0;
        if (got == INPUT_WOKEN) {
            on_wake(e);
            if (e->woken(e->ctx)) {
                edit_hide(e);
                fflush(stdout);
                return 0;
            }
            continue;
        }
        before = in->at;
        if (take_special(e, out, &answer)) return answer;
        if (in->at != before) continue;
        take_paste(e);
        used = decode(in->bytes + in->at, in->len - in->at, out);
        if (used) {
            in->at += used;
            return 1;
        }
        if (input_more(in) == INPUT_END) return 0;
    }
}

/* --- completion ------------------------------------------------------------------------------- */

static unsigned char complete(EditLine *el, int key)
{
    struct edit *e = NULL;
    const LineInfo *li = el_line(el);
    struct console_words words = {0};
    struct choice choice = {0};
    size_t cursor = (size_t)(li->cursor - li->buffer), start;
    unsigned char answer = CC_REFRESH;
    char *line = strndup(li->buffer, cursor);

    (void)key;
    el_get(el, EL_CLIENTDATA, &e);
    if (!line || !e->spec->complete) {
        free(line);
        return CC_ERROR;
    }
    start = line_word(line, cursor);
    e->spec->complete(e->spec->ctx, line, start, &words);
    choose(&words, line + start, columns(), &choice);
    if (choice.insert.len) {
        el_insertstr(el, choice.insert.data);
    } else if (choice.list.len) {
        edit_hide(e);
        printf("%s%s\n%s", e->spec->prompt, line, choice.list.data);
        edit_show(e);
        answer = CC_NORM;
    } else {
        answer = CC_ERROR;
    }
    choice_clear(&choice);
    buf_clear(&words.text);
    free(line);
    return answer;
}

/* --- history ---------------------------------------------------------------------------------- */

static void history_open(struct edit *e)
{
    char folder[PATHS_MAX];
    HistEvent event;
    int fd, len;

    history(e->history, &event, H_SETSIZE, HISTORY_MOST);
    history(e->history, &event, H_SETUNIQUE, 1);
    if (paths_state(folder, sizeof folder, NULL) != DTQ_OK || paths_make(folder, NULL) != DTQ_OK)
        return;
    len = snprintf(e->history_path, sizeof e->history_path, "%s/history-%s%s%s", folder,
                   e->spec->program, e->spec->id[0] ? "-" : "", e->spec->id);
    if (len < 0 || (size_t)len >= sizeof e->history_path) e->history_path[0] = '\0';
    /* What was typed is nobody else's business. */
    fd = e->history_path[0] ? open(e->history_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0) {
        e->history_path[0] = '\0';
        return;
    }
    flock(fd, LOCK_SH); /* another console may be writing */
    history(e->history, &event, H_LOAD, e->history_path);
    close(fd);
}

/* Adds a line to the file, behind what other consoles that share it have added meanwhile. */
static void history_keep(const struct edit *e, const char *line)
{
    int fd = open(e->history_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    History *all = fd >= 0 ? history_init() : NULL;
    HistEvent event;

    if (all) {
        flock(fd, LOCK_EX);
        history(all, &event, H_SETSIZE, HISTORY_MOST);
        history(all, &event, H_SETUNIQUE, 1);
        history(all, &event, H_LOAD, e->history_path);
        history(all, &event, H_ENTER, line);
        history(all, &event, H_SAVE, e->history_path);
        history_end(all);
    }
    if (fd >= 0) close(fd);
}

/* Kept at once: a console may be killed. */
static void history_add(struct edit *e, const char *line)
{
    HistEvent event;

    if (!line[strspn(line, " \t")]) return;
    history(e->history, &event, H_ENTER, line);
    if (e->history_path[0]) history_keep(e, line);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void watch_signals(struct edit *e)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    watched = e->in;
    sigaction(SIGWINCH, &action, &e->old_winch);
    sigaction(SIGCONT, &action, &e->old_cont);
}

enum dtq_err edit_new(const struct console_spec *spec, struct input *in, edit_woken *woken,
                      void *ctx, struct edit **out, struct dtq_why *why)
{
    struct edit *e = calloc(1, sizeof *e);
    const char *term = getenv("TERM");

    if (!e) return err_set(why, DTQ_NOMEM, "out of memory for a console");
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
    *e = (struct edit){.spec = spec, .in = in, .woken = woken, .ctx = ctx};
    e->dumb = !term || !*term || !strcmp(term, "dumb");
    e->tty = tcgetattr(STDIN_FILENO, &e->found) == 0;
    e->el = el_init(spec->program, stdin, stdout, stderr);
    e->history = history_init();
    if (!e->el || !e->history) {
        if (e->el) el_end(e->el);
        if (e->history) history_end(e->history);
        give_terminal_back(e);
        free(e);
        return err_set(why, DTQ_NOMEM, "out of memory for a console");
    }
    history_open(e);
    el_set(e->el, EL_CLIENTDATA, e);
    el_set(e->el, EL_SIGNAL, 0);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_PROMPT, prompt_of);
    el_set(e->el, EL_HIST, history, e->history);
    el_set(e->el, EL_GETCFN, next_character);
    el_wset(e->el, EL_ADDFN, L"console-complete", L"completes a word", complete);
    el_set(e->el, EL_BIND, "^I", "console-complete", NULL);
    el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(e->el, EL_SETTY, "-d", "-isig", NULL); /* Ctrl-C and Ctrl-Z are for us to read */
    watch_signals(e);
    *out = e;
    return DTQ_OK;
}

void edit_free(struct edit *e)
{
    if (!e) return;
    watched = NULL;
    sigaction(SIGWINCH, &e->old_winch, NULL);
    sigaction(SIGCONT, &e->old_cont, NULL);
    el_end(e->el);
    give_terminal_back(e);
    history_end(e->history);
    buf_clear(&e->line);
    free(e);
}

enum dtq_err edit_read(struct edit *e, const char **line, struct dtq_why *why)
{
    int len = 0;
    const char *text;

    /* Before the prompt is there: what is typed from then on must not be the terminal's to act on.
     */
    el_set(e->el, EL_PREP_TERM, 1);
    text = el_gets(e->el, &len);
    keep_ctrl_d(e);
    buf_reset(&e->line);
    if (!text || len <= 0) return DTQ_NONE;
    if (e->too_long) {
        e->too_long = false;
        return err_set(
            why, DTQ_INPUT,
            "a line of more than %d characters; put long values into a file (wFile=FILE)",
            CONSOLE_TYPED_MAX);
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    buf_add(&e->line, text, (size_t)len);
    if (e->line.failed) return err_set(why, DTQ_NOMEM, "out of memory for a line");
    history_add(e, e->line.data);
    *line = e->line.data;
    return DTQ_OK;
}
