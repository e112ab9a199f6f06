/* strict.h: what all arithmetic whose bits must be the same everywhere asks of the compiler. */
#ifndef DTQ_STRICT_H
#define DTQ_STRICT_H

#include <float.h>

/* 16 is what gcc tells where the processor computes half precision itself: that is of _Float16, all
 * other types are as with 0 (ISO/IEC TS 18661-3). */
#if defined(__FAST_MATH__) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "same bits everywhere: no -ffast-math, and double must be computed as double"
#endif

#endif
