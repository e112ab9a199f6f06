/* utf8.h: texts from outside made fit for terminals, JSON, drawing and XML. */
#ifndef DTQ_UTF8_H
#define DTQ_UTF8_H

#include "common/buf.h"

#include <stddef.h>

/* Copies text (NULL: none) into out as valid UTF-8 of at most size - 1 bytes, whole characters
 * only: a byte that is not UTF-8 (RFC 3629) becomes '?', a control character a blank. */
void utf8_clean(const char *text, char *out, size_t size);

/* Copies len bytes of text into out as valid UTF-8 of at most size - 1 bytes (size is more than 3),
 * whole characters only, with "..." at the end when that cuts it: each byte that is not UTF-8
 * becomes U+FFFD, a tab or line end a blank; other control characters become `control`, or leave
 * when it is 0. Returns the length. At most three times as long as the text. */
size_t utf8_show(const char *text, size_t len, char control, char *out, size_t size);

/* Bytes of the clean text without its last character; 0 for an empty one. */
size_t utf8_shorter(const char *text, size_t len);

/* Adds clean text with &, <, > and quotes escaped. */
void utf8_xml(struct buf *b, const char *text);

#endif
