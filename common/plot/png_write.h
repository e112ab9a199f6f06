/* png_write.h: pixels to a PNG file, by libpng. It knows nothing of what they show. */
#ifndef DTQ_PNG_WRITE_H
#define DTQ_PNG_WRITE_H

#include "common/err.h"

#include <stddef.h>

/* A line of metadata: tEXt for ASCII, iTXt for other UTF-8 (PNG specification, 11.3.4). */
struct png_note {
    const char *key;  /* 1 to 79 ASCII characters */
    const char *text; /* NULL or empty: left out; control characters become blanks */
};

/* pixels (height, width, channels) of 8 bits; channels 1 (gray) or 3 (RGB). The file appears whole
 * or not at all. DTQ_IO with path and reason, DTQ_INPUT for a path that cannot be a file,
 * DTQ_NOMEM. */
enum dtq_err png_write(const char *path, const unsigned char *pixels, size_t width, size_t height,
                       size_t channels, const struct png_note *notes, size_t note_count,
                       struct dtq_why *why);

#endif
