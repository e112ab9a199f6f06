/* test_weights_image.c: pictures of weights, read back. */
#include "common/plot/weights_image.h"

#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct dtq_why why;

/* The colour of a weight in a written picture; its whole square must have it. */
static unsigned weight_colour(const struct picture *p, const struct weights_layout *l, size_t tile,
                              size_t i)
{
    size_t x, y;
    unsigned colour;

    weights_image_at(l, tile, i, &x, &y);
    colour = picture_at(p, (double)x, (double)y);
    for (size_t k = 0; k < l->factor * l->factor; k++)
        assert_int_equal(colour,
                         picture_at(p, (double)(x + k % l->factor), (double)(y + k / l->factor)));
    return colour;
}

static void the_natural_width_is_the_side_of_a_square(void **state)
{
    (void)state;
    assert_int_equal(weights_image_width(784), 28);
    assert_int_equal(weights_image_width(64), 8);
    assert_int_equal(weights_image_width(1), 1);
    assert_int_equal(weights_image_width(785), 0);
    assert_int_equal(weights_image_width(30), 0);
    assert_int_equal(weights_image_width(0), 0);
}

static void zero_is_white_and_the_largest_weights_have_the_limit_colours(void **state)
{
    double weights[784] = {0};
    struct weights_image w = {.weights = weights, .n = 784};
    struct weights_layout l;
    struct picture p;

    (void)state;
    weights[0] = 0.5;
    weights[783] = -0.5;
    weights[100] = 0.25;
    weights[101] = -0.25;
    assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
    assert_int_equal(weights_image_write(&w, scratch_path("w.png"), &why), DTQ_OK);
    picture_open(&p, "w.png");
    assert_int_equal(p.width, 448);
    assert_int_equal(p.height, 448);
    assert_int_equal(l.factor, 16);
    assert_int_equal(weight_colour(&p, &l, 0, 0), 0xb2182b);
    assert_int_equal(weight_colour(&p, &l, 0, 783), 0x1c5c9e);
    assert_int_equal(weight_colour(&p, &l, 0, 1), 0xffffff);
    assert_int_equal(picture_at(&p, 0, 0), 0xb2182b);
    assert_int_equal(picture_at(&p, 447, 447), 0x1c5c9e);
    assert_true((weight_colour(&p, &l, 0, 100) >> 16) > (weight_colour(&p, &l, 0, 100) & 255));
    assert_true((weight_colour(&p, &l, 0, 101) >> 16) < (weight_colour(&p, &l, 0, 101) & 255));
    picture_close(&p);
}

static void limits_are_symmetric_even_for_weights_of_one_sign(void **state)
{
    const double weights[4] = {1, 2, 4, 0};
    struct weights_image w = {.weights = weights, .n = 4};
    struct weights_layout l;
    struct picture p;

    (void)state;
    assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
    assert_int_equal(weights_image_write(&w, scratch_path("one.png"), &why), DTQ_OK);
    picture_open(&p, "one.png");
    assert_int_equal(weight_colour(&p, &l, 0, 3), 0xffffff);
    assert_int_equal(weight_colour(&p, &l, 0, 2), 0xb2182b);
    picture_close(&p);
}

static void weights_of_zero_are_a_white_picture(void **state)
{
    double weights[64] = {0};
    struct weights_image w = {.weights = weights, .n = 64};
    struct picture p;

    (void)state;
    assert_int_equal(weights_image_write(&w, scratch_path("zero.png"), &why), DTQ_OK);
    picture_open(&p, "zero.png");
    for (int i = 0; i < 448 * 448; i++)
        assert_int_equal(picture_at(&p, i % 448, i / 448), 0xffffff);
    picture_close(&p);
}

static void gray_goes_from_the_least_to_the_greatest(void **state)
{
    const double weights[6] = {-1, 0, 1, 3, 2, -1};
    struct weights_image w = {.weights = weights, .n = 6, .width = 3, .colours = WEIGHTS_GRAY};
    struct weights_layout l;
    struct picture p;

    (void)state;
    assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
    assert_int_equal(weights_image_write(&w, scratch_path("gray.png"), &why), DTQ_OK);
    picture_open(&p, "gray.png");
    assert_int_equal(p.width, 450);
    assert_int_equal(p.height, 300);
    assert_int_equal(weight_colour(&p, &l, 0, 0), 0x000000);
    assert_int_equal(weight_colour(&p, &l, 0, 1), 0x404040);
    assert_int_equal(weight_colour(&p, &l, 0, 2), 0x808080);
    assert_int_equal(weight_colour(&p, &l, 0, 3), 0xffffff);
    picture_close(&p);
}

static void tiles_share_their_limits_and_stand_apart(void **state)
{
    double weights[10 * 64] = {0};
    struct weights_image w = {.weights = weights, .n = 64, .tiles = 10};
    struct weights_layout l;
    struct picture p;

    (void)state;
    weights[0] = 1;
    weights[9 * 64 + 63] = -4;
    assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
    assert_int_equal(l.columns, 5);
    assert_int_equal(l.rows, 2);
    assert_int_equal(weights_image_write(&w, scratch_path("tiles.png"), &why), DTQ_OK);
    picture_open(&p, "tiles.png");
    assert_int_equal(p.width, 5 * 224 + 4 * 4);
    assert_int_equal(p.height, 2 * 224 + 4);
    assert_int_equal(weight_colour(&p, &l, 9, 63), 0x1c5c9e);
    assert_int_equal(picture_at(&p, p.width - 1, p.height - 1), 0x1c5c9e);
    assert_int_not_equal(weight_colour(&p, &l, 0, 0), 0xb2182b); /* 1 of 4, not the limit */
    assert_int_equal(weight_colour(&p, &l, 4, 5), 0xffffff);
    assert_int_equal(picture_at(&p, 225, 10), 0xc0c0c0);
    picture_close(&p);
}

/* Whether any pixel of the strip above a tile is darker than the gap. */
static bool has_caption(const struct picture *p, const struct weights_layout *l, size_t tile)
{
    size_t left, top;
    bool dark = false;

    weights_image_at(l, tile, 0, &left, &top);
    for (size_t y = top - l->caption; y < top; y++)
        for (size_t x = left; x < left + l->tile_width; x++) {
            unsigned colour = picture_at(p, (double)x, (double)y);

            assert_true((colour >> 16) <= 0xc0); /* nothing of a weight */
            assert_true((colour >> 16) == (colour & 255));
            dark = dark || (colour & 255) < 0x60;
        }
    return dark;
}

static void captions_stand_above_their_tiles(void **state)
{
    static const char *const captions[] = {"0", "", "a name that is much too long for its tile",
                                           "\xff", NULL};
    double weights[5 * 9];
    struct weights_image w = {.weights = weights, .n = 9, .tiles = 5, .captions = captions};
    struct weights_layout l;
    struct picture p;

    (void)state;
    for (size_t i = 0; i < 45; i++)
        weights[i] = i % 9 == 8 ? -1 : 1;
    for (int gray = 0; gray < 2; gray++) {
        w.colours = gray ? WEIGHTS_GRAY : WEIGHTS_DIVERGING;
        assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
        assert_int_equal(weights_image_write(&w, scratch_path("named.png"), &why), DTQ_OK);
        picture_open(&p, "named.png");
        assert_int_equal(p.width, l.columns * 225 + (l.columns - 1) * 4);
        assert_int_equal(p.height, l.rows * (225 + 24) + (l.rows - 1) * 4);
        for (size_t tile = 0; tile < 5; tile++) {
            assert_int_equal(weight_colour(&p, &l, tile, 0), gray ? 0xffffff : 0xb2182b);
            assert_int_equal(weight_colour(&p, &l, tile, 8), gray ? 0x000000 : 0x1c5c9e);
            assert_int_equal(has_caption(&p, &l, tile), tile != 1 && tile != 4);
        }
        picture_close(&p);
    }
}

static void the_metadata_tell_title_and_limits(void **state)
{
    const double weights[4] = {-0.25, 0.5, 0, 0};
    struct weights_image w = {.weights = weights, .n = 4, .title = "J17, binary_is_5"};
    FILE *f;
    char head[1000];
    size_t got;

    (void)state;
    assert_int_equal(weights_image_write(&w, scratch_path("meta.png"), &why), DTQ_OK);
    f = fopen(scratch_path("meta.png"), "rb");
    assert_non_null(f);
    got = fread(head, 1, sizeof head, f);
    fclose(f);
    assert_non_null(memmem(head, got, "tEXtTitle\0J17, binary_is_5", 26));
    assert_non_null(memmem(head, got, "tEXtMinimum\0-0.25", 17));
    assert_non_null(memmem(head, got,
                           "tEXtMaximum\0"
                           "0.5",
                           15));

    w.title = "Gr\xc3\xb6\xc3\x9f"
              "e";
    assert_int_equal(weights_image_write(&w, scratch_path("meta.png"), &why), DTQ_OK);
    f = fopen(scratch_path("meta.png"), "rb");
    assert_non_null(f);
    got = fread(head, 1, sizeof head, f);
    fclose(f);
    assert_non_null(memmem(head, got, "iTXtTitle", 9));
}

static void bad_weights_are_refused_with_a_sentence(void **state)
{
    double weights[6] = {0, 1, 2, NAN, 4, 5};
    struct weights_image w = {.weights = weights, .n = 6};
    const char *path = scratch_path("bad.png");
    struct stat st;

    (void)state;
    assert_int_equal(weights_image_write(&w, path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "6 weights are no square"));
    w.width = 4;
    assert_int_equal(weights_image_write(&w, path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "rows of 4"));
    w.width = 3;
    assert_int_equal(weights_image_write(&w, path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "weight 3 is nan"));
    w.n = 0;
    assert_int_equal(weights_image_write(&w, path, &why), DTQ_INPUT);
    w = (struct weights_image){.weights = weights, .n = 60000, .width = 1};
    assert_int_equal(weights_image_write(&w, path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "too many"));
    assert_int_not_equal(stat(path, &st), 0);
}

static void extreme_weights_keep_their_colours(void **state)
{
    const double weights[4] = {1.7e308, -1.7e308, 5e-324, 0};
    struct weights_image w = {.weights = weights, .n = 4};
    struct weights_layout l;
    struct picture p;

    (void)state;
    assert_int_equal(weights_image_layout(&w, &l, &why), DTQ_OK);
    for (int gray = 0; gray < 2; gray++) {
        w.colours = gray ? WEIGHTS_GRAY : WEIGHTS_DIVERGING;
        assert_int_equal(weights_image_write(&w, scratch_path("x.png"), &why), DTQ_OK);
        picture_open(&p, "x.png");
        assert_int_equal(weight_colour(&p, &l, 0, 0), gray ? 0xffffff : 0xb2182b);
        assert_int_equal(weight_colour(&p, &l, 0, 1), gray ? 0x000000 : 0x1c5c9e);
        assert_int_equal(weight_colour(&p, &l, 0, 3), gray ? 0x808080 : 0xffffff);
        picture_close(&p);
    }
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
    const struct rlimit small = {100, RLIM_INFINITY};
    static double weights[400 * 400];
    struct weights_image w = {.weights = weights, .n = 400 * 400};
    size_t files = scratch_count();
    struct rlimit before;

    (void)state;
    for (size_t i = 0; i < w.n; i++)
        weights[i] = (double)(i * 7919 % 1009); /* does not shrink to a few bytes */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(weights_image_write(&w, scratch_path("full.png"), &why), DTQ_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(why.text, "full.png: File too large"));
    assert_int_equal(scratch_count(), files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_natural_width_is_the_side_of_a_square),
        cmocka_unit_test(zero_is_white_and_the_largest_weights_have_the_limit_colours),
        cmocka_unit_test(limits_are_symmetric_even_for_weights_of_one_sign),
        cmocka_unit_test(weights_of_zero_are_a_white_picture),
        cmocka_unit_test(gray_goes_from_the_least_to_the_greatest),
        cmocka_unit_test(tiles_share_their_limits_and_stand_apart),
        cmocka_unit_test(captions_stand_above_their_tiles),
        cmocka_unit_test(the_metadata_tell_title_and_limits),
        cmocka_unit_test(bad_weights_are_refused_with_a_sentence),
        cmocka_unit_test(extreme_weights_keep_their_colours),
        cmocka_unit_test(a_full_disk_is_told_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
