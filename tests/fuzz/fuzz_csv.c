/* fuzz_csv.c: delimited text. The first byte chooses the options, and the size what is ignored. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {0, ',', ' ', '|'};
    static const char *const labels[] = {"first", "last", "y", DATASET_NO_LABEL};
    static const char *const ignored[] = {NULL, NULL, NULL, "1", "b", "3,2", NULL, "id"};
    static const uint64_t at[] = {0, 2, 4};
    static const struct dataset_columns columns[] = {{{2, at, "a\0b\0y"}, false, false},
                                                     {{2, at, "a\0b\0y"}, true, true}};
    if (size < 1) return 0;
    const unsigned bits = data[0];
    const struct dataset_options options = {
        .label = labels[bits & 3],
        .has_header = bits & 4,
        .missing = bits >> 3 & 3,
        .delimiter = delimiters[bits >> 5 & 3],
        .ignore = ignored[size & 7],
        .columns = bits & 128 ? &columns[bits & 1] : NULL,
    };
    fuzz_parse(fuzz_file(data + 1, size - 1), -1, DATASET_CSV, &options);
    return 0;
}
