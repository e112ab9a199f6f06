/* png_write.c: the one place that talks to libpng, whose errors come by longjmp. */
#include "common/plot/png_write.h"

#include "common/plot/outfile.h"
#include "common/utf8.h"

#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NOTES_MAX = 8, NOTE_BYTES = 1024 };

/* What must outlive a longjmp lies outside the function that it leaves. */
struct job {
    struct outfile out;
    png_structp png;
    png_infop info;
    char texts[NOTES_MAX][NOTE_BYTES];
    png_text notes[NOTES_MAX];
    int note_count;
    char reason[160];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct job *job = png_get_error_ptr(png);

    snprintf(job->reason, sizeof job->reason, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

static void add_notes(struct job *job, const struct png_note *notes, size_t count)
{
    for (size_t i = 0; i < count && job->note_count < NOTES_MAX; i++) {
        char *text = job->texts[job->note_count];
        if (!notes[i].text || !*notes[i].text) continue;
        utf8_clean(notes[i].text, text, NOTE_BYTES);
        job->notes[job->note_count++] = (png_text){
            .compression = is_ascii(text) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
            .key = (char *)notes[i].key,
            .text = text,
            .text_length = strlen(text)};
    }
}

/* False when libpng gave up; job->reason says why. */
static bool encode(struct job *job, const unsigned char *pixels, size_t width, size_t height,
                   size_t channels)
{
    if (setjmp(png_jmpbuf(job->png))) return false;
    png_init_io(job->png, job->out.f);
    png_set_IHDR(job->png, job->info, (png_uint_32)width, (png_uint_32)height, 8,
                 channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_text(job->png, job->info, job->notes, job->note_count);
    png_write_info(job->png, job->info);
    for (size_t row = 0; row < height; row++)
        png_write_row(job->png, pixels + row * width * channels);
    png_write_end(job->png, NULL);
    return true;
}

enum dtq_err png_write(const char *path, const unsigned char *pixels, size_t width, size_t height,
                       size_t channels, const struct png_note *notes, size_t note_count,
                       struct dtq_why *why)
{
    struct job job;
    enum dtq_err err;

    memset(&job, 0, sizeof job);
    if ((err = outfile_open(&job.out, path, why)) != DTQ_OK) return err;
    add_notes(&job, notes, note_count);
    job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    if (job.png) job.info = png_create_info_struct(job.png);
    if (!job.info) {
        err = err_set(why, DTQ_NOMEM, "no memory to write %s", path);
    } else if (!encode(&job, pixels, width, height, channels) && !ferror(job.out.f)) {
        err = err_set(why, DTQ_IO, "cannot write %s: %s", path, job.reason);
    }
    png_destroy_write_struct(&job.png, &job.info);
    if (err) {
        outfile_abandon(&job.out);
        return err;
    }
    /* A write error of the file itself is told by the commit. */
    return outfile_commit(&job.out, why);
}
