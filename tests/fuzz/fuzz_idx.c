/* fuzz_idx.c: IDX. The first byte says how many of the bytes behind it are the file of labels. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dataset_options options = {0};
    if (size < 1 || size - 1 < data[0]) return 0;
    const size_t labels = data[0];
    fuzz_parse(fuzz_file(data + 1 + labels, size - 1 - labels), fuzz_file(data + 1, labels),
               DATASET_IDX, &options);
    return 0;
}
