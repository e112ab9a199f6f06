/* paths.h: where things lie on this machine: programs, sockets. */
#ifndef DTQ_PATHS_H
#define DTQ_PATHS_H

#include "common/paths.h"

#include <stdbool.h>
#include <stddef.h>

/* The program of this name beside our own, else in PATH. False when there is none. */
bool paths_program(const char *name, char *path, size_t size);

/* A unix socket as a URL, with what a URL would misread written as %xx. False when too long. */
bool paths_socket_url(const char *path, char *url, size_t size);

#endif
