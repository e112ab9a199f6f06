/* test_foreign.c: files of other formats are named, with what to do; tables are never taken for
 * one.
 */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static const struct dataset_options csv = {.label = "first", .has_header = true};
static const struct dataset_options libsvm = {.format = DATASET_LIBSVM};

static void other_formats_are_named_with_their_cure(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *said;
    } cases[] = {
#define BYTES(text) text, sizeof text - 1
        {BYTES("BZh91AY&SY\x01\x02"), "x is a bzip2 file; unpack it first: bunzip2 -k x"},
        {BYTES("\xfd"
               "7zXZ\0\0\4"),
         "x is an xz file; unpack it first: unxz -k x"},
        {BYTES("\x28\xb5\x2f\xfd\x04"), "x is a zstd file; unpack it first: unzstd x"},
        {BYTES("PK\3\4\x14\0\0\0data.csv"), "x is a zip archive; unpack it first: unzip x"},
        {BYTES("PK\3\4\x14\0[Content_Types].xml"), "an Excel workbook|pandas.read_excel(\"x\")"},
        {BYTES("PK\3\4\x14\0\0\0arr_0.npy"), "NumPy arrays|numpy.load(\"x\")[NAME]"},
        {BYTES("7z\xbc\xaf\x27\x1c\0\4"), "a 7z archive|7z x x"},
        {BYTES("\x93NUMPY\1\0v\0{'descr'"), "a NumPy array|numpy.load(\"x\"), delimiter"},
        {BYTES("PAR1\x15\4\x15"), "a Parquet file|pandas.read_parquet(\"x\").to_csv"},
        {BYTES("ARROW1\0\0"), "an Arrow (Feather) file|pandas.read_feather"},
        {BYTES("\x89HDF\r\n\x1a\n\0"), "an HDF5 file|pandas.read_hdf"},
        {BYTES("\x80\x04\x95\x10\0"), "a Python pickle|pandas.read_pickle"},
        {BYTES("% a comment\n@RELATION r\n@attribute a numeric\n@data\n1,2\n"), "ARFF file|@data"},
        {BYTES("{\"a\": [1, 2]}\n"), "a JSON file|pandas.read_json"},
        {BYTES(" [\n {\"a\": 1}]\n"), "a JSON file"},
        {BYTES("[[1,2],[3,4]]\n"), "a JSON file"},
        {BYTES("\n<!DOCTYPE HTML>\n<p>"), "an HTML page|download the file itself"},
        {BYTES("<html><body>"), "an HTML page"},
        {BYTES("<?xml version=\"1.0\"?>"), "an XML file"},
        {BYTES("%PDF-1.7\n"), "a PDF document"},
        {BYTES("SQLite format 3\0\x10\0"), "an SQLite database|sqlite3 -csv"},
        {BYTES("\x89PNG\r\n\x1a\n\0"), "a PNG picture|a row of pixels"},
        {BYTES("\xff\xd8\xff\xe0\0"), "a JPEG picture"},
        {BYTES("\xff\xfe"
               "1\0,\0"
               "2\0\n\0"),
         "UTF-16 text; save it as UTF-8"},
        {BYTES("\xfe\xff\0"
               "1\0,\0"
               "2\0\n"),
         "UTF-16 text"},
        {BYTES("1\0,\0"
               "2\0\n\0"
               "1\0,\0"
               "2\0\n\0"),
         "UTF-16 text"},
        {BYTES("version https://git-lfs.github.com/spec/v1\noid"),
         "a Git LFS pointer|git lfs pull"},
    };
    char said[200];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *rest;
        table_write("x", cases[i].bytes, cases[i].len);
        snprintf(said, sizeof said, "%s", cases[i].said);
        for (char *part = strtok_r(said, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
            table_assert_refused(csv, "x", part);
            table_assert_refused(libsvm, "x", part);
        }
    }
}

static void what_is_within_a_gzip_file_is_named_too(void **state)
{
    char tar[600] = "table.csv";
    gzFile f = gzopen(table_path("x.tar.gz"), "wb");
    (void)state;
    memcpy(tar + 257, "ustar", 5);
    assert_int_equal(gzwrite(f, tar, sizeof tar), sizeof tar);
    assert_int_equal(gzclose(f), Z_OK);
    table_assert_refused(csv, "x.tar.gz", "x.tar.gz is a tar archive");
    f = gzopen(table_path("x.gz"), "wb");
    assert_int_equal(gzwrite(f, "\x1f\x8b\x08\0", 4), 4);
    assert_int_equal(gzclose(f), Z_OK);
    table_assert_refused(csv, "x.gz", "x.gz is packed with gzip twice; unpack it first: gunzip -k");
}

/* Names of columns that begin like another format. */
static void tables_with_such_names_are_read(void **state)
{
    static const char *const names[] = {"BZh",  "PAR1", "ORC",     "ORCA",   "FEA1",
                                        "GIF8", "[a]",  "{a}",     "ARROW1", "MATLAB",
                                        "<a>",  "RDX",  "version", "@a",     "% a"};
    char text[100];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, "%s,[b],\"c\"\n1,2,3\n", names[i]);
        table_text("t.csv", text);
        struct dataset *d = table_opened(csv, "t.csv");
        assert_string_equal(dataset_name(d, 2), names[i]);
        dataset_close(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_formats_are_named_with_their_cure),
        cmocka_unit_test(what_is_within_a_gzip_file_is_named_too),
        cmocka_unit_test(tables_with_such_names_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
