/* picture.c: temporary folders and PNGs read back. */
#include "tests/support/picture.h"

#include <cairo.h>
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

int scratch_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/dtq-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* Names in the folder; removes them too when asked to. */
static size_t visit(int remove_them)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        count++;
        if (remove_them) remove(scratch_path(e->d_name));
    }
    closedir(dir);
    return count;
}

int scratch_remove(void **state)
{
    (void)state;
    visit(1);
    return rmdir(folder);
}

size_t scratch_count(void)
{
    return visit(0);
}

const char *scratch_path(const char *name)
{
    static char paths[8][400];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void scratch_write(const char *name, const char *text)
{
    FILE *f = fopen(scratch_path(name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

char *scratch_read(const char *name)
{
    FILE *f = fopen(scratch_path(name), "rb");
    char *text = NULL;
    size_t size = 0;
    ssize_t got;

    assert_non_null(f);
    got = getdelim(&text, &size, EOF, f);
    fclose(f);
    if (got < 0) {
        free(text);
        text = calloc(1, 1);
    }
    assert_non_null(text);
    return text;
}

void picture_open(struct picture *p, const char *name)
{
    cairo_surface_t *raw = cairo_image_surface_create_from_png(scratch_path(name)), *s;
    cairo_t *cr;

    assert_int_equal(cairo_surface_status(raw), CAIRO_STATUS_SUCCESS);
    p->width = cairo_image_surface_get_width(raw);
    p->height = cairo_image_surface_get_height(raw);
    s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, p->width, p->height);
    cr = cairo_create(s);
    cairo_set_source_surface(cr, raw, 0, 0);
    cairo_paint(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(raw);
    cairo_surface_flush(s);
    p->surface = s;
}

unsigned picture_at(const struct picture *p, double x, double y)
{
    const unsigned char *data = cairo_image_surface_get_data(p->surface);
    int stride = cairo_image_surface_get_stride(p->surface);
    int column = (int)floor(x), row = (int)floor(y);
    uint32_t pixel;

    assert_in_range(column, 0, p->width - 1);
    assert_in_range(row, 0, p->height - 1);
    memcpy(&pixel, data + (ptrdiff_t)row * stride + (ptrdiff_t)column * 4, sizeof pixel);
    return pixel & 0xffffff;
}

void picture_close(struct picture *p)
{
    cairo_surface_destroy(p->surface);
    p->surface = NULL;
}
