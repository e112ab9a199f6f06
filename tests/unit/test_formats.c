/* test_formats.c: the same table from each format, packed or not; and what is wrong with a file. */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* 2 rows of 2 x 2 bytes, and their labels 7 and 8. */
static const unsigned char images[] = "\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\2\1\2\3\4\5\6\7\377";
static const unsigned char labels[] = "\0\0\x08\1\0\0\0\2\7\10";

static void write_packed(const char *name, const void *bytes, size_t len)
{
    gzFile f = gzopen(table_path(name), "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, (unsigned)len), len);
    assert_int_equal(gzclose(f), Z_OK);
}

static void assert_images(struct dataset *d)
{
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, 4);
    assert_int_equal(d->type, DATASET_U8);
    assert_memory_equal(d->x, "\1\2\3\4\5\6\7\377", 8);
    assert_true(d->y[0] == 7 && d->y[1] == 8);
    assert_null(d->starts);
    assert_null(dataset_name(d, 0));
    dataset_close(d);
}

static void images_find_their_labels_by_name(void **state)
{
    const struct dataset_options none = {0};
    (void)state;
    table_write("train-images-idx3-ubyte", images, sizeof images - 1);
    table_write("train-labels-idx1-ubyte", labels, sizeof labels - 1);
    assert_images(table_opened(none, "train-images-idx3-ubyte"));
    write_packed("t10k-images.idx3-ubyte.gz", images, sizeof images - 1);
    write_packed("t10k-labels.idx1-ubyte.gz", labels, sizeof labels - 1);
    assert_images(table_opened(none, "t10k-images.idx3-ubyte.gz"));
    /* One of the two may be packed. */
    table_write("one-images-idx3-ubyte", images, sizeof images - 1);
    write_packed("one-labels-idx1-ubyte.gz", labels, sizeof labels - 1);
    assert_images(table_opened(none, "one-images-idx3-ubyte"));
    write_packed("two-images-idx3-ubyte.gz", images, sizeof images - 1);
    table_write("two-labels-idx1-ubyte", labels, sizeof labels - 1);
    assert_images(table_opened(none, "two-images-idx3-ubyte.gz"));
}

static void labels_can_be_named(void **state)
{
    const struct dataset_options options = {.label_ref = "file:l.gz", .format = DATASET_IDX};
    const struct dataset_options none = {0};
    (void)state;
    table_write("x.idx", images, sizeof images - 1);
    write_packed("l.gz", labels, sizeof labels - 1);
    assert_images(table_opened(options, "x.idx"));
    table_assert_refused(none, "x.idx", "labelRef=file:");
    table_write("a-images-idx3-x", images, sizeof images - 1);
    table_assert_refused(none, "a-images-idx3-x", "the labels of a-images-idx3-x: a-labels-idx1-x");
}

static void changed_labels_are_seen(void **state)
{
    const struct dataset_options options = {.label_ref = "file:l"};
    static const unsigned char others[] = "\0\0\x0c\1\0\0\0\2\0\0\0\1\377\377\377\376";
    (void)state;
    table_write("x.idx", images, sizeof images - 1);
    table_write("l", labels, sizeof labels - 1);
    assert_images(table_opened(options, "x.idx"));
    table_write("l", others, sizeof others - 1);
    struct dataset *d = table_opened(options, "x.idx");
    assert_true(d->y[0] == 1 && d->y[1] == -2);
    dataset_close(d);
}

static void every_type_of_idx_keeps_its_values(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum dataset_type type;
        double value;
    } cases[] = {
        {"\0\0\x09\2\0\0\0\2\0\0\0\1\1\377", 14, DATASET_I16, -1},
        {"\0\0\x0b\2\0\0\0\2\0\0\0\1\0\1\200\0", 16, DATASET_I16, -32768},
        {"\0\0\x0c\2\0\0\0\2\0\0\0\1\0\0\0\0\200\0\0\0", 20, DATASET_I32, -2147483648.0},
        {"\0\0\x0d\2\0\0\0\2\0\0\0\1\0\0\0\0\77\0\0\0", 20, DATASET_F32, 0.5},
        {"\0\0\x0e\1\0\0\0\2\0\0\0\0\0\0\0\0\77\271\231\231\231\231\231\232", 24, DATASET_F64, 0.1},
    };
    const struct dataset_options options = {.label_ref = "file:l"};
    (void)state;
    table_write("l", labels, sizeof labels - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table_write("x", cases[i].bytes, cases[i].len);
        struct dataset *d = table_opened(options, "x");
        assert_int_equal(d->type, cases[i].type);
        assert_int_equal(d->features, 1);
        assert_true(table_x(d, 1, 0) == cases[i].value);
        dataset_close(d);
    }
}

static void what_is_wrong_with_idx_is_said(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *said;
    } cases[] = {
        {"\0\0\x08", 3, "x is no IDX file"},
        {"\0\0\x07\1\0\0\0\2\1\2", 10, "x is no IDX file"},
        {"\0\0\x08\3\0\0\0\2\0\0", 10, "ends before the sizes of its 3 dimensions"},
        {"\0\0\x08\2\0\0\0\2\0\0\0\0", 12, "holds no values"},
        {"\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3", 15, "ends before its 2 rows of 2 values"},
        {"\0\0\x08\3\377\377\377\377\377\377\377\377\377\377\377\377", 16, "ends before its"},
        {"\0\0\x08\2\0\0\0\2\0\0\0\1\1\2\3", 15, "goes on after the 2 bytes"},
        {"\0\0\x08\2\0\0\0\3\0\0\0\1\1\2\3", 15, "2 x 1 labels for the 3 rows"},
        {"\0\0\x0d\2\0\0\0\2\0\0\0\1\0\0\0\0\177\200\0\0", 20, "row 2, value 1 is not finite"},
    };
    const struct dataset_options options = {.format = DATASET_IDX, .label_ref = "file:l"};
    (void)state;
    table_write("l", labels, sizeof labels - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table_write("x", cases[i].bytes, cases[i].len);
        table_assert_refused(options, "x", cases[i].said);
    }
}

/* (3, 4): 0.5 and 2 in the columns 0 and 2, -1 in column 1, nothing. */
static void assert_sparse(struct dataset *d, uint64_t features)
{
    static const uint64_t starts[] = {0, 2, 3, 3};
    static const uint32_t columns[] = {0, 2, 1};
    static const float x[] = {0.5f, 2, -1};
    assert_int_equal(d->rows, 3);
    assert_int_equal(d->features, features);
    assert_int_equal(d->values, 3);
    assert_int_equal(d->type, DATASET_F32);
    assert_memory_equal(d->starts, starts, sizeof starts);
    assert_memory_equal(d->columns, columns, sizeof columns);
    assert_memory_equal(d->x, x, sizeof x);
    assert_int_equal((uintptr_t)d->x % 64, 0);
    assert_true(d->y[0] == 1 && d->y[1] == -1 && d->y[2] == 0);
    dataset_close(d);
}

static void libsvm_text_stays_sparse(void **state)
{
    static const char text[] = "# made by hand\n+1 1:0.5 3:2 # the first\n\n-1 qid:4 2:-1 4:0\r\n0";
    const struct dataset_options none = {0};
    const struct dataset_options seven = {.features = 7};
    const struct dataset_options named = {.format = DATASET_LIBSVM};
    (void)state;
    table_text("t.dat", text);
    assert_sparse(table_opened(none, "t.dat"), 4);
    assert_sparse(table_opened(seven, "t.dat"), 7);
    write_packed("t.gz", text, sizeof text - 1);
    assert_sparse(table_opened(none, "t.gz"), 4);
    table_text("t.dat", "\xef\xbb\xbf+1 1:0.5 3:2\r\r\n-1 2:-1 4:0\r\r\n0");
    assert_sparse(table_opened(none, "t.dat"), 4);
    table_text("t.dat", "+1 1:0.5 3:2\r-1 2:-1 4:0\r\r0\r");
    assert_sparse(table_opened(none, "t.dat"), 4);
    /* These lines could be CSV; the name, or an option, decides. */
    table_text("t.svm", "1\n2\n3 1:1\n");
    struct dataset *d = table_opened(none, "t.svm");
    assert_int_equal(d->rows, 3);
    dataset_close(d);
    table_text("t.txt", "1 # 3\n2 2:2\n");
    d = table_opened(named, "t.txt");
    assert_int_equal(d->starts[1], 0);
    dataset_close(d);
}

static void what_is_wrong_with_libsvm_is_said(void **state)
{
    const struct dataset_options libsvm = {.format = DATASET_LIBSVM};
    const struct dataset_options two = {.format = DATASET_LIBSVM, .features = 2};
    (void)state;
    table_assert_text_refused(libsvm, "", "t.dat is empty");
    table_assert_text_refused(libsvm, "1\n-1\n", "holds labels alone");
    table_assert_text_refused(libsvm, "x 1:1\n", "line 1: \"x\" is not a number; expected a label");
    table_assert_text_refused(libsvm, "1,2 1:1\n", "\"1,2\" is more than one label");
    table_assert_text_refused(libsvm, "1 1:1\n1 0:1\n", "line 2: \"0:1\" has the index 0");
    table_assert_text_refused(libsvm, "1 2:1 2:1\n",
                              "\"2:1\" has an index that the row has already");
    table_assert_text_refused(libsvm, "1 3:1 2:1\n", "\"2:1\" comes after a larger index; sort");
    table_assert_text_refused(libsvm, "1 4294967296:1\n", "above 4294967295");
    table_assert_text_refused(libsvm, "1 1:\n", "\"1:\" has no number after its colon");
    table_assert_text_refused(libsvm, "1 1:x\n", "\"1:x\" has no number after its colon");
    table_assert_text_refused(libsvm, "1 1:2x\n", "\"1:2x\" has more than a number");
    table_assert_text_refused(libsvm, "1 1:nan\n", "\"1:nan\" is not finite; omit the pair");
    table_assert_text_refused(libsvm, "1 1:1e999\n", "line 1: \"1:1e999\" is out of range");
    table_assert_text_refused(libsvm, "1 a:1\n", "\"a:1\" is not index:value");
    table_assert_text_refused(libsvm, "1 1:-inf\n", "\"1:-inf\" is not finite");
    table_assert_text_refused(libsvm, "nan 1:1\n", "\"nan\" is not finite; give the row a label");
    table_assert_text_refused(libsvm, "1e160 1:1\n", "\"1e160\" is out of range");
    table_assert_text_refused(libsvm, "1 12\n", "\"12\" is not index:value");
    table_assert_text_refused(two, "1 1:1 3:1\n",
                              "\"3:1\" has an index above the number of features, 2");
}

static void packed_text_is_unpacked(void **state)
{
    const struct dataset_options options = {.label = "first"};
    char text[60000], *p = text;
    unsigned char bytes[70000];
    struct dataset *d;
    (void)state;
    for (int i = 0; i < 5000; i++)
        p += sprintf(p, "%d,%d\n", i % 10, i * 7919 % 256);
    write_packed("p.csv.gz", text, (size_t)(p - text));
    d = table_opened(options, "p.csv.gz");
    assert_int_equal(d->rows, 5000);
    assert_true(table_x(d, 4999, 0) == 4999 * 7919 % 256);
    dataset_close(d);

    FILE *f = fopen(table_path("p.csv.gz"), "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    table_write("cut.gz", bytes, len - 9);
    table_assert_refused(options, "cut.gz", "cut.gz: the gzip file is cut short");
    bytes[len - 6] ^= 1;
    table_write("bad.gz", bytes, len);
    table_assert_refused(options, "bad.gz", "bad.gz: the gzip file is damaged");
    /* Two members one after another are one file. */
    bytes[len - 6] ^= 1;
    memcpy(bytes + len, bytes, len);
    table_write("two.gz", bytes, 2 * len);
    d = table_opened(options, "two.gz");
    assert_int_equal(d->rows, 10000);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_find_their_labels_by_name),
        cmocka_unit_test(labels_can_be_named),
        cmocka_unit_test(changed_labels_are_seen),
        cmocka_unit_test(every_type_of_idx_keeps_its_values),
        cmocka_unit_test(what_is_wrong_with_idx_is_said),
        cmocka_unit_test(libsvm_text_stays_sparse),
        cmocka_unit_test(what_is_wrong_with_libsvm_is_said),
        cmocka_unit_test(packed_text_is_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
