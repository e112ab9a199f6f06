/* record_json.h: what the queue keeps of events, members and dead letters as JSON for programs,
 * with the names and types of docs/JSON.md: numbers as numbers, ids in their parts, nothing
 * internal. */
#ifndef DTQ_RECORD_JSON_H
#define DTQ_RECORD_JSON_H

#include <cjson/cJSON.h>

/* New values, of rows as queue_events, queue_workers, queue_masters, queue_dead and queue_retries
 * give them; what is empty there is left out. cJSON_Delete; NULL: out of memory. */
cJSON *event_json(const cJSON *event);
cJSON *member_json(const cJSON *member);
cJSON *letter_json(const cJSON *letter);
cJSON *retry_json(const cJSON *retry);

/* A list of such values, by one of these functions. */
cJSON *records_json(const cJSON *rows, cJSON *(*one)(const cJSON *row));

#endif
