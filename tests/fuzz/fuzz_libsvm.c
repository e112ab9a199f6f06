/* fuzz_libsvm.c: libsvm text. The first byte, when not 0, is the number of features. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    const struct dataset_options options = {.features = data[0]};
    fuzz_parse(fuzz_file(data + 1, size - 1), -1, DATASET_LIBSVM, &options);
    return 0;
}
