/* paths.h: where things lie on this machine: our programs, data that came with them, state. */
#ifndef DTQ_PATHS_H
#define DTQ_PATHS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { PATHS_MAX = 4096 };

/* The program of this name beside our own, else in PATH. False when there is none. */
bool paths_program(const char *name, char *path, size_t size);

/* The n-th folder, from 0, that holds data beside our own program: as built, as installed. False
 * past the last; those that are not there are left out. */
bool paths_data(int n, char *path, size_t size);

/* The usual folder for the state of `dtq up`. DTQ_INPUT: there is no home. */
enum dtq_err paths_state(char *path, size_t size, struct dtq_why *why);

/* Makes a folder and those above it, for this user alone. */
enum dtq_err paths_make(const char *path, struct dtq_why *why);

/* A unix socket as a URL, with what a URL would misread written as %xx. False when too long. */
bool paths_socket_url(const char *path, char *url, size_t size);

#endif
