/* csvlog.h: logs that are tables: one line an event, appended by any number of processes, read by
 * spreadsheets and scripts. It knows texts only; csvtable.h reads such files. */
#ifndef DTQ_CSVLOG_H
#define DTQ_CSVLOG_H

#include "common/err.h"

#include <stddef.h>

/* Appends one line with `count` cells; a cell with a comma or a quote is quoted (RFC 4180). A new
 * or empty file gets the line of column names first, exactly once however many processes begin at
 * the same time. The line is one write under a lock of the file (flock), so lines are whole; a last
 * line without its end, left by a crash or an editor, is ended first. A log whose header is the
 * first of these columns, written by an earlier version, is replaced by one with all of them and
 * empty cells in the old lines. Names and cells are borrowed.
 * DTQ_INPUT: no columns, a line break in a name or a cell, a path that is no regular file, a file
 * that begins with other columns; DTQ_IO with path and reason (nothing of the line is left in the
 * file); DTQ_NOMEM. */
enum dtq_err csvlog_append(const char *path, const char *const *columns, const char *const *cells,
                           size_t count, struct dtq_why *why);

/* The same, unless a line has these first `key` cells already (at least 1): DTQ_NONE, and nothing
 * is written. Whoever else appends in this way at the same time, it is there once. */
enum dtq_err csvlog_append_once(const char *path, const char *const *columns,
                                const char *const *cells, size_t count, size_t key,
                                struct dtq_why *why);

#endif
