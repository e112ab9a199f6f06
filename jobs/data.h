/* data.h: the table that a job reads: the fields that name it, and the first look at it, after
 * which all tasks read the very same table. For the types that read one. */
#ifndef DTQ_JOBS_DATA_H
#define DTQ_JOBS_DATA_H

#include "jobs/job.h"

/* clang-format off */
/* Rows for a type's table of fields; what the label and header are when not given is the type's. */
#define DATA_FIELDS(label_help)                                                                    \
    {.name = "dataRef",                                                                            \
     .kind = FIELD_TEXT,                                                                           \
     .required = true,                                                                             \
     .names = FIELD_NAMES_DATA,                                                                    \
     .help = "the table, as in digits.csv"},                                                       \
    {.name = "hasHeader",                                                                          \
     .kind = FIELD_BOOL,                                                                           \
     .help = "CSV: the first line holds names; found out when not given"},                         \
    {.name = "csvLabel",                                                                           \
     .kind = FIELD_TEXT,                                                                           \
     .help = label_help},                                                                          \
    {.name = "format",                                                                             \
     .kind = FIELD_CHOICE,                                                                         \
     .fallback = "auto",                                                                           \
     .choices = DATASET_FORMATS,                                                                   \
     .help = "of the file; auto: by its content and name"},                                        \
    {.name = "delimiter",                                                                          \
     .kind = FIELD_TEXT,                                                                           \
     .help = "CSV: a character, or comma, semicolon, tab, pipe, space; found out when not given"}, \
    {.name = "ignore",                                                                             \
     .kind = FIELD_TEXT,                                                                           \
     .help = "CSV: columns to leave out, by name or number, as in ignore=id,3"},                   \
    {.name = "labelRef",                                                                           \
     .kind = FIELD_TEXT,                                                                           \
     .names = FIELD_NAMES_DATA,                                                                    \
     .help = "IDX: the file of labels; found by its name when not given"}

#define DATA_MISSING_FIELD(word, text)                                                             \
    {.name = "missing",                                                                            \
     .kind = FIELD_CHOICE,                                                                         \
     .fallback = word,                                                                             \
     .choices = DATASET_MISSING,                                                                   \
     .help = text}
/* clang-format on */

/* What the first look found: enough to tell one version of a file from another, and how to read it
 * again. */
struct data_file {
    uint64_t rows, features, digest;
    bool has_header;
    bool labelled; /* it has a column of labels */
    bool answers;  /* what is computed can be compared with its labels */
};

/* DTQ_INPUT with a sentence when a field's value (NULL: not given) is not the path of a file. */
enum dtq_err data_check_ref(const char *name, const char *ref, struct dtq_why *why);

/* The options in the parameters, borrowed from them. DTQ_INPUT with a sentence for references and
 * combinations that make no sense. label: when csvLabel is not given. */
enum dtq_err data_read(const cJSON *params, const char *label, struct dataset_options *out,
                       struct dtq_why *why);

/* The first look, by a worker. Where hasHeader is not given the file is tried without and then with
 * a header, in which nothing may be a number. *options is what the file was opened with. */
enum dtq_err data_look(const cJSON *params, struct dataset_options *options,
                       const struct job_env *env, const struct dataset **out, struct dtq_why *why);

/* Opens it for a task. DTQ_INPUT: it is another file here. */
enum dtq_err data_open(const struct dataset_options *options, const struct data_file *file,
                       const struct job_env *env, const struct dataset **out, struct dtq_why *why);

/* A part of it: rows from `from` to before `until`. Written into specs as text, and read back;
 * until > file->rows and the like are DTQ_INPUT. */
struct data_part {
    struct data_file file;
    uint64_t from, until;
};
void data_part_write(const struct data_part *part, struct buf *out);
enum dtq_err data_part_read(const void *spec, size_t len, struct data_part *out,
                            struct dtq_why *why);

/* Emits tasks from no on: the rows from `from` to before `until` in parts of `rows`. */
enum dtq_err data_parts_emit(const struct data_file *file, uint64_t from, uint64_t until,
                             uint64_t rows, uint64_t no, const struct job_sink *sink,
                             struct dtq_why *why);

/* The look as a task: its spec, and whether a spec is that. */
#define DATA_LOOK "look"
bool data_is_look(const void *spec, size_t len);

/* Adds the text of an object, which is deleted, to a result or checkpoint. False: out of memory. */
bool data_print(cJSON *object, struct buf *out);

/* A file in an object of a result or checkpoint, and back. */
void data_file_add(const struct data_file *file, cJSON *object);
enum dtq_err data_file_get(const cJSON *object, struct data_file *out, struct dtq_why *why);

#endif
