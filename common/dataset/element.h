/* element.h: single values of a matrix in each type it may have. */
#ifndef DTQ_ELEMENT_H
#define DTQ_ELEMENT_H

#include "common/dataset/dataset.h"

#include <float.h>
#include <math.h>

/* Whether type holds value to the bit: -0 is no integer. */
static inline bool element_fits(enum dataset_type type, double value)
{
    bool integer = value >= INT32_MIN && value <= INT32_MAX && value == (double)(int32_t)value &&
                   !(value == 0 && signbit(value));
    switch (type) {
    case DATASET_U8: return integer && value >= 0 && value <= UINT8_MAX;
    case DATASET_I16: return integer && value >= INT16_MIN && value <= INT16_MAX;
    case DATASET_I32: return integer;
    case DATASET_F32: return fabs(value) <= (double)FLT_MAX && (double)(float)value == value;
    case DATASET_F64: break;
    }
    return true;
}

static inline double element_get(enum dataset_type type, const void *x, size_t i)
{
    switch (type) {
    case DATASET_U8: return ((const uint8_t *)x)[i];
    case DATASET_I16: return ((const int16_t *)x)[i];
    case DATASET_I32: return ((const int32_t *)x)[i];
    case DATASET_F32: return (double)((const float *)x)[i];
    case DATASET_F64: break;
    }
    return ((const double *)x)[i];
}

static inline void element_set(enum dataset_type type, void *x, size_t i, double value)
{
    switch (type) {
    case DATASET_U8: ((uint8_t *)x)[i] = (uint8_t)value; return;
    case DATASET_I16: ((int16_t *)x)[i] = (int16_t)value; return;
    case DATASET_I32: ((int32_t *)x)[i] = (int32_t)value; return;
    case DATASET_F32: ((float *)x)[i] = (float)value; return;
    case DATASET_F64: break;
    }
    ((double *)x)[i] = value;
}

#endif
