/* chat.c: a word to all consoles. */
#include "common/buf.h"
#include "producer/command.h"

int command_chat(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct dtq_why why;
    struct buf text = {0};
    char from[ID_MAX + 20];
    cJSON *value = NULL;
    enum dtq_err err;

    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", words[i]);
    snprintf(from, sizeof from, "producer%s%s", app->producer[0] ? " " : "", app->producer);
    err = text.failed ? err_set(&why, DTQ_NOMEM, "out of memory for the message") : DTQ_OK;
    if (err == DTQ_OK) err = app_connect_new(app, &q, &why);
    if (err == DTQ_OK) err = queue_chat(q, from, text.data, &why);
    if (err == DTQ_OK && app->program.json) {
        value = cJSON_CreateObject();
        cJSON_AddStringToObject(value, "from", from);
        cJSON_AddStringToObject(value, "text", text.data);
        err = app_print_json(value, &why);
        cJSON_Delete(value);
    }
    buf_clear(&text);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
