/* table.h: from open files to rows in a store, whatever their format. It knows no cache. */
#ifndef DTQ_TABLE_H
#define DTQ_TABLE_H

#include "common/dataset/dataset.h"
#include "common/dataset/store.h"

struct table_files {
    const char *name; /* of the file, for sentences */
    int fd;
    const char *labels_name; /* IDX: of the labels; */
    int labels_fd;           /* -1: there are none */
};

/* What the file at fd holds, by the options or by itself. Errors as table_read. */
enum dtq_err table_format(int fd, const char *name, const struct dataset_options *options,
                          enum dataset_format *out, struct dtq_why *why);

/* As csv_settle; options of other formats, or without a header, lose their columns. */
enum dtq_err table_settle(int fd, const char *name, enum dataset_format format,
                          struct dataset_options *options, struct dtq_why *why);

/* Reads the files into the store and ends its growth. Each error but DTQ_IO of the store's own file
 * has its sentence. */
enum dtq_err table_read(const struct table_files *files, enum dataset_format format,
                        const struct dataset_options *options, dataset_progress *progress,
                        void *ctx, struct store *store, struct layout *out, struct dtq_why *why);

#endif
