/* fuzz_cache.c: cache files. The first byte chooses between offsets as they come and offsets that
 * belong to the counts; behind the layout comes what lies from x on. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layout layout;
    struct dataset *d;
    if (size < 1 + sizeof layout) return 0;
    memcpy(&layout, data + 1, sizeof layout);
    if (data[0] & 1) {
        layout.type %= DATASET_F64 + 1;
        layout.zero = 0;
        layout.columns_at = layout.starts_at;
        layout.index_at = layout.names_at;
        if (!layout.names_at) layout.names_bytes = 0;
        if (!layout.starts_at) layout.values = layout.rows * layout.features;
        if (layout_plan(&layout) != DTQ_OK) return 0;
    }
    int fd = memfd_create("cache", MFD_CLOEXEC);
    fuzz_require(fd >= 0, "no file in memory");
    const size_t rest = size - 1 - sizeof layout;
    fuzz_require(pwrite(fd, data + 1 + sizeof layout, rest, LAYOUT_HEAD) == (ssize_t)rest,
                 "the file is not written");
    /* As long as it says, up to what a machine has memory for. */
    if (layout.file_bytes < 1 << 24)
        fuzz_require(ftruncate(fd, (off_t)layout.file_bytes) == 0, "the file has its length");
    const off_t end = lseek(fd, 0, SEEK_END);
    if (layout_map(&layout, fd, (uint64_t)end, &d) == DTQ_OK) {
        fuzz_walk(d);
        dataset_close(d);
    }
    close(fd);
    return 0;
}
