/* foreign.c: a table of formats. Magic numbers are those of each format's own specification, as
 * file(1) has them, too. */
#include "common/dataset/foreign.h"

#include <ctype.h>
#include <string.h>

/* What makes a table of it: a command, a function of pandas, one of numpy, or other words. */
enum cure { UNPACK, PANDAS, NUMPY, WORDS };

static const struct magic {
    size_t at, len;
    const char *bytes;
    const char *what;
    enum cure cure;
    const char *with;
} magics[] = {
#define MAGIC(at, bytes, ...)                    \
    {                                            \
        at, sizeof bytes - 1, bytes, __VA_ARGS__ \
    }
#define R_CSV   "write it as CSV first, in R: write.csv(x, \"x.csv\", row.names=FALSE)"
#define PIXELS  "a table with a row of pixels for each picture is needed, such as CSV"
#define UTF_8   "save it as UTF-8, e.g. with iconv -f UTF-16 -t UTF-8"
#define NUMBERS "a table of numbers is needed, as text such as CSV"
    MAGIC(0, "BZh", "a bzip2 file", UNPACK, "bunzip2 -k"),
    MAGIC(0,
          "\xfd"
          "7zXZ\0",
          "an xz file", UNPACK, "unxz -k"),
    MAGIC(0, "\x5d\0\0", "an lzma file", UNPACK, "unlzma -k"),
    MAGIC(0, "\x28\xb5\x2f\xfd", "a zstd file", UNPACK, "unzstd"),
    MAGIC(0, "\x04\x22\x4d\x18", "an lz4 file", UNPACK, "unlz4"),
    MAGIC(0, "\x1f\x9d", "a file packed with compress", UNPACK, "uncompress"),
    MAGIC(0, "\x1f\x8b", "packed with gzip twice", UNPACK, "gunzip -k"),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK, "7z x"),
    MAGIC(0, "Rar!\x1a\x07", "a rar archive", UNPACK, "unrar x"),
    MAGIC(257, "ustar", "a tar archive", UNPACK, "tar -xf"),
    MAGIC(0, "\x93NUMPY", "a NumPy array", NUMPY, ""),
    MAGIC(0, "PAR1", "a Parquet file", PANDAS, "parquet"),
    MAGIC(0, "ARROW1", "an Arrow (Feather) file", PANDAS, "feather"),
    MAGIC(0, "FEA1", "a Feather file", PANDAS, "feather"),
    MAGIC(0, "ORC", "an ORC file", PANDAS, "orc"),
    MAGIC(0, "Obj\x01", "an Avro file", WORDS, "write it as CSV first"),
    MAGIC(0, "\x89HDF\r\n\x1a\n", "an HDF5 file", PANDAS, "hdf"),
    MAGIC(0, "MATLAB 5.0 MAT-file", "a MATLAB file", WORDS,
          "write it as CSV first, in MATLAB: writematrix(X, \"table.csv\")"),
    MAGIC(0, "\x80\x02", "a Python pickle", PANDAS, "pickle"),
    MAGIC(0, "\x80\x03", "a Python pickle", PANDAS, "pickle"),
    MAGIC(0, "\x80\x04", "a Python pickle", PANDAS, "pickle"),
    MAGIC(0, "\x80\x05", "a Python pickle", PANDAS, "pickle"),
    MAGIC(0, "RDX2\n", "an R data file", WORDS, R_CSV),
    MAGIC(0, "RDX3\n", "an R data file", WORDS, R_CSV),
    MAGIC(0, "X\n\0\0\0", "an R data file", WORDS, R_CSV),
    MAGIC(0, "SQLite format 3\0", "an SQLite database", WORDS,
          "write the table as CSV first: sqlite3 -csv -header FILE \"SELECT ...\""),
    MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook or other Office file", PANDAS,
          "excel"),
    MAGIC(0, "%PDF-", "a PDF document", WORDS, NUMBERS),
    MAGIC(0, "\x89PNG", "a PNG picture", WORDS, PIXELS),
    MAGIC(0, "\xff\xd8\xff", "a JPEG picture", WORDS, PIXELS),
    MAGIC(0, "GIF8", "a GIF picture", WORDS, PIXELS),
    MAGIC(0,
          "\x7f"
          "ELF",
          "a program", WORDS, NUMBERS),
    MAGIC(0, "\xff\xfe", "UTF-16 text", WORDS, UTF_8),
    MAGIC(0, "\xfe\xff", "UTF-16 text", WORDS, UTF_8),
    MAGIC(0, "version https://git-lfs", "a Git LFS pointer, not the file itself", WORDS,
          "fetch that with git lfs pull"),
};

static bool starts(const struct source *s, size_t at, const char *bytes, size_t len)
{
    return s->head_used >= at + len && memcmp(s->head + at, bytes, len) == 0;
}

static bool holds(const struct source *s, const char *text)
{
    return memmem(s->head, s->head_used, text, strlen(text)) != NULL;
}

/* Letters alone may also be the beginning of a line of names; a file that holds something else soon
 * is none. */
static bool is_certain(const struct source *s, const struct magic *m)
{
    bool letters = true;
    for (size_t i = 0; i < m->len; i++)
        letters = letters && isalnum((unsigned char)m->bytes[i]);
    for (size_t i = 0; letters && i < s->head_used; i++)
        if (s->head[i] < '\t' || (s->head[i] > '\r' && s->head[i] < ' ')) letters = false;
    return !letters;
}

static enum dtq_err is(const struct source *s, const char *what, enum cure cure, const char *with,
                       struct dtq_why *why)
{
    const char *name = s->name;
    switch (cure) {
    case UNPACK:
        return err_set(why, DTQ_INPUT, "%.120s is %s; unpack it first: %s %.120s", name, what, with,
                       name);
    case PANDAS:
        return err_set(why, DTQ_INPUT,
                       "%.120s is %s; write it as CSV first, e.g. in Python: "
                       "pandas.read_%s(\"%.120s\").to_csv(\"table.csv\", index=False)",
                       name, what, with, name);
    case NUMPY:
        return err_set(why, DTQ_INPUT,
                       "%.120s is %s; write it as CSV first, e.g. in Python: "
                       "numpy.savetxt(\"table.csv\", numpy.load(\"%.120s\")%s, delimiter=\",\")",
                       name, what, name, with);
    case WORDS: break;
    }
    return err_set(why, DTQ_INPUT, "%.120s is %s; %s", name, what, with);
}

/* Zip is the cover of others. */
static enum dtq_err check_zip(const struct source *s, struct dtq_why *why)
{
    if (!starts(s, 0, "PK\3\4", 4)) return DTQ_OK;
    if (holds(s, "[Content_Types].xml") || holds(s, "xl/"))
        return is(s, "an Excel workbook", PANDAS, "excel", why);
    if (holds(s, "application/vnd.oasis")) return is(s, "a spreadsheet", PANDAS, "excel", why);
    if (holds(s, ".npy")) return is(s, "an archive of NumPy arrays", NUMPY, "[NAME]", why);
    return is(s, "a zip archive", UNPACK, "unzip", why);
}

/* The first word of the text that is not in a line that begins with comment; *len is 0 at its end.
 */
static const char *first_word(const struct source *s, char comment, size_t *len)
{
    const char *p = (const char *)s->head, *end = p + s->head_used, *word;
    while (p < end && (isspace((unsigned char)*p) || (comment && *p == comment))) {
        if (*p == comment)
            while (p < end && *p != '\n')
                p++;
        else
            p++;
    }
    for (word = p; p < end && !isspace((unsigned char)*p);)
        p++;
    *len = (size_t)(p - word);
    return word;
}

static bool word_starts(const char *word, size_t len, const char *with)
{
    return len >= strlen(with) && strncasecmp(word, with, strlen(with)) == 0;
}

/* A bracket that opens, and then what may follow one in JSON but not in a line of names. */
static bool is_json(const struct source *s, const char *word)
{
    const char *end = (const char *)s->head + s->head_used, *p = word + 1;
    while (p < end && isspace((unsigned char)*p))
        p++;
    if (p >= end) return false;
    if (*word == '{') return *p == '"' || *p == '}';
    return *word == '[' && strchr("[{\"-0123456789", *p);
}

static enum dtq_err check_text(const struct source *s, struct dtq_why *why)
{
    size_t len;
    const char *word = first_word(s, '%', &len);
    if (word_starts(word, len, "@relation"))
        return is(s, "an ARFF file", WORDS,
                  "make it CSV: write the names of its attributes in one line, in place of all "
                  "lines up to @data",
                  why);
    word = first_word(s, 0, &len);
    if (word_starts(word, len, "<!doctype") || word_starts(word, len, "<html"))
        return is(s, "an HTML page", WORDS,
                  "download the file itself, not the page that shows it (on GitHub: Raw)", why);
    if (word_starts(word, len, "<?xml")) return is(s, "an XML file", PANDAS, "xml", why);
    if (len && is_json(s, word)) return is(s, "a JSON file", PANDAS, "json", why);
    return DTQ_OK;
}

/* Each second byte is 0: the first line is 16-bit text without a mark. */
static bool is_wide(const struct source *s)
{
    size_t zeros = 0, n = s->head_used < 64 ? s->head_used : 64;
    for (size_t i = 0; i < n; i++)
        zeros += s->head[i] == 0;
    return n >= 4 && zeros * 2 >= n - 1 && zeros * 2 <= n + 1 &&
           (s->head[0] != 0) != (s->head[1] != 0) && (s->head[2] != 0) != (s->head[3] != 0);
}

enum dtq_err foreign_check(const struct source *s, struct dtq_why *why)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const struct magic *m = &magics[i];
        if (starts(s, m->at, m->bytes, m->len) && is_certain(s, m))
            return is(s, m->what, m->cure, m->with, why);
    }
    enum dtq_err err = check_zip(s, why);
    if (err == DTQ_OK) err = check_text(s, why);
    if (err == DTQ_OK && is_wide(s)) err = is(s, "UTF-16 text", WORDS, UTF_8, why);
    return err;
}
