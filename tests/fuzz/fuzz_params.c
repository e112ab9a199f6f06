/* fuzz_params.c: the parameters of jobs: as a person types them, and as JSON from Redis. The first
 * byte chooses the type of job and which of the two. What passes must pass again. */
#include "tests/fuzz/fuzz.h"

#include "jobs/job.h"

#include <stdlib.h>
#include <string.h>

static void typed(const struct job_type *type, const char *text)
{
    struct dtq_why why = {""};
    cJSON *params;
    if (job_params(type, &text, 1, NULL, &params, &why) == DTQ_OK) {
        fuzz_require(job_check(type, params, &why) == DTQ_OK, why.text);
        cJSON_Delete(params);
    } else {
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
    }
}

static void received(const struct job_type *type, const char *text)
{
    struct dtq_why why = {""};
    cJSON *params = cJSON_Parse(text);
    if (params && job_check(type, params, &why) != DTQ_OK)
        fuzz_require(why.text[0] != '\0', "a refusal has its sentence");
    cJSON_Delete(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count;
    const struct job_type *const *types = job_types(&count);
    if (size < 1) return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    fuzz_require(text != NULL, "no memory");
    const struct job_type *type = types[(data[0] >> 1) % count];
    if (data[0] & 1)
        received(type, text);
    else
        typed(type, text);
    free(text);
    return 0;
}
