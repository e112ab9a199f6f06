/* complete_files.c: looks into the folders that what was typed leads to. */
#include "producer/complete_files.h"

#include "producer/roots.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OFFERED = 1000, NAME_MOST = 4096 };

/* What is offered from one folder. */
struct look {
    const char *head, *folder; /* what stands before each name */
    const char *begin;         /* of the names */
    unsigned what;
    struct console_words *to;
};

static bool fits(const struct look *l, const char *name)
{
    if (strncmp(name, l->begin, strlen(l->begin)) != 0) return false;
    if (name[0] == '.' && l->begin[0] != '.') return false;
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '|') return false;
    return !(l->what & COMPLETE_PLAIN) || !strpbrk(name, " '\"\\#");
}

static void look_into(const struct look *l, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int offered = 0;

    while (folder && offered < OFFERED && (entry = readdir(folder))) {
        char word[NAME_MOST], full[NAME_MOST];
        struct stat info;
        bool inner;

        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
            !fits(l, entry->d_name) ||
            (size_t)snprintf(full, sizeof full, "%s/%s", path, entry->d_name) >= sizeof full ||
            stat(full, &info) != 0)
            continue;
        inner = S_ISDIR(info.st_mode);
        if (!inner && (l->what & COMPLETE_FOLDERS)) continue;
        if ((size_t)snprintf(word, sizeof word, "%s%s%s%s", l->head, l->folder, entry->d_name,
                             inner ? "/" : "") >= sizeof word)
            continue;
        console_word(l->to, word);
        offered++;
    }
    if (folder) closedir(folder);
}

/* Below each root, unless what was typed says where by itself. */
static void look_from(const struct look *l, const struct roots *roots)
{
    const char *home = l->folder[0] == '~' && l->folder[1] == '/' ? getenv("HOME") : NULL;
    char path[NAME_MOST];

    if (l->folder[0] == '/' || home) {
        snprintf(path, sizeof path, "%s%s", home ? home : "", l->folder + (home ? 1 : 0));
        look_into(l, path);
        return;
    }
    for (size_t i = 0; i < roots->count; i++)
        if ((size_t)snprintf(path, sizeof path, "%s/%s", roots->paths[i], l->folder) < sizeof path)
            look_into(l, path);
}

void complete_files(const char *head, const char *typed, unsigned what, struct console_words *to)
{
    bool data = what & COMPLETE_DATA, scheme = data && !strncmp(typed, "file:", 5);
    const char *rest = scheme ? typed + 5 : typed, *slash = strrchr(rest, '/');
    const struct roots here = {.paths = {(char[]){"."}}, .count = 1};
    struct roots roots = {0};
    struct dtq_why why;
    char *folder = strndup(rest, slash ? (size_t)(slash + 1 - rest) : 0), *front = NULL;

    if (!folder || asprintf(&front, "%s%s", head, scheme ? "file:" : "") < 0) {
        free(folder);
        return;
    }
    if (data) roots_find(&roots, NULL, &why);
    look_from(&(struct look){front, folder, slash ? slash + 1 : rest, what, to},
              data ? &roots : &here);
    roots_clear(&roots);
    free(front);
    free(folder);
}
