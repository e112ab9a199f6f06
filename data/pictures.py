#!/usr/bin/env python3
"""Draws data/train.csv and data/mnist_test.csv: digits of 28x28 pixels in the shape of MNIST, as if
written by hand, without any data but the strokes below. Usage: python3 data/pictures.py [FOLDER]

Each picture is one of the ways to write its digit: strokes through points that are moved a little,
then slanted, turned, scaled and bent, drawn with a pen whose width and pressure vary, and centred by
mass in the 28x28 field, as the pictures of MNIST are. The same numbers come out every time."""
import csv
import math
import os
import random
import sys

import numpy

SIZE = 28   # pixels of a side
BOX = 20.0  # pixels that the digit fits, as in MNIST
FILES = (("train.csv", 580, 1), ("mnist_test.csv", 200, 2))  # name, rows, seed


def arc(x, y, across, down, start, end, points=9):
    """Points of an ellipse about (x, y); degrees clockwise from the right."""
    angles = (math.radians(start + (end - start) * i / (points - 1)) for i in range(points))
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


# Ways to write each digit: strokes of points in a unit square, y downwards. A stroke is smooth; a
# point that is there twice in a row is a corner.
DIGITS = (
    ([arc(.5, .5, .36, .48, -80, 290, 12)],
     [arc(.5, .5, .28, .48, -60, 300, 12)],
     [arc(.5, .5, .42, .44, -110, 265, 12)]),
    ([[(.5, .02), (.5, .5), (.5, .98)]],
     [[(.28, .22), (.52, .02), (.52, .02), (.5, .5), (.49, .98)]],
     [[(.58, .02), (.5, .5), (.42, .98)]],
     [[(.28, .22), (.5, .02), (.5, .02), (.5, .98)], [(.22, .98), (.5, .97), (.78, .98)]]),
    ([arc(.48, .3, .34, .28, -170, 20, 7) + [(.6, .66), (.12, .97), (.12, .97), (.5, .96), (.9, .95)]],
     [arc(.5, .28, .36, .27, -180, 30, 7) + [(.5, .72), (.3, .92), (.14, .9), (.2, .78), (.42, .86),
                                            (.66, .96), (.9, .9)]]),
    ([arc(.44, .26, .34, .24, -150, 80, 7) + [(.4, .5), (.4, .5)] +
      arc(.44, .73, .4, .25, -80, 150, 8)],
     [[(.14, .05), (.5, .04), (.84, .04), (.84, .04), (.46, .42), (.46, .42)] +
      arc(.45, .7, .38, .28, -70, 150, 7)]),
    ([[(.3, .02), (.22, .3), (.12, .6), (.12, .6), (.5, .6), (.92, .58)],
      [(.72, .1), (.7, .5), (.66, .98)]],
     [[(.66, .02), (.36, .36), (.06, .66), (.06, .66), (.5, .67), (.96, .66)],
      [(.66, .02), (.66, .5), (.66, .98)]],
     [[(.18, .06), (.16, .36), (.22, .5), (.5, .5), (.78, .46)], [(.82, .04), (.78, .5), (.7, .98)]]),
    ([[(.84, .04), (.5, .04), (.24, .05), (.24, .05), (.2, .26), (.17, .46), (.17, .46)] +
      arc(.45, .7, .38, .27, -120, 150, 9)],
     [[(.24, .05), (.2, .26), (.18, .44), (.18, .44)] + arc(.44, .7, .36, .27, -110, 145, 9),
      [(.24, .05), (.5, .06), (.86, .03)]]),
    ([[(.7, .03), (.42, .18), (.2, .48)] + arc(.5, .72, .33, .25, 180, -170, 10)],
     [[(.56, .02), (.34, .26), (.18, .62), (.24, .9), (.5, .97), (.78, .84), (.76, .6), (.52, .52),
       (.24, .68)]]),
    ([[(.1, .06), (.5, .05), (.88, .05), (.88, .05), (.64, .48), (.44, .98)]],
     [[(.1, .14), (.14, .04), (.5, .06), (.9, .04), (.9, .04), (.62, .5), (.52, .98)]],
     [[(.1, .06), (.5, .05), (.88, .05), (.88, .05), (.62, .5), (.42, .98)],
      [(.34, .5), (.58, .49), (.84, .48)]]),
    ([[(.78, .16), (.5, .03), (.24, .18), (.36, .38), (.62, .54), (.8, .76), (.56, .97), (.24, .86),
       (.24, .68), (.48, .5), (.72, .34), (.8, .18), (.78, .14)]],
     [arc(.5, .26, .27, .23, 90, 450, 10), arc(.5, .73, .34, .25, -90, 270, 10)]),
    ([arc(.46, .28, .32, .26, -20, -370, 10) + [(.78, .3), (.76, .6), (.72, .98)]],
     [arc(.48, .28, .32, .26, -10, -360, 10) + [(.78, .44), (.7, .8), (.48, .97), (.2, .9)]],
     [arc(.46, .28, .3, .26, -30, -380, 10) + [(.7, .5), (.58, .76), (.46, .98)]]),
)


def smooth(points, steps=7):
    """A Catmull-Rom spline through the points, in parts at the corners."""
    parts, part = [], [points[0]]
    for before, point in zip(points, points[1:]):
        if point == before:
            parts.append(part)
            part = [point]
        else:
            part.append(point)
    out = []
    for p in parts + [part]:
        if len(p) < 2:
            continue
        p = [p[0]] + p + [p[-1]]
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:]):
            for t in (i / steps for i in range(steps + 1)):
                out.append(tuple(
                    .5 * (2 * b[k] + (c[k] - a[k]) * t + (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t * t
                          + (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t ** 3) for k in (0, 1)))
    return out


def write(rng, digit):
    """The strokes of one digit, as lists of points in pixels about (0, 0)."""
    wobble = rng.uniform(.01, .045)
    slant, turn = rng.gauss(.14, .22), rng.gauss(0, .13)
    wide, high = rng.uniform(.6, 1.1), rng.uniform(.88, 1.1)
    bend, phase = rng.uniform(0, .07), rng.uniform(0, 2 * math.pi)
    strokes = []
    for stroke in rng.choice(DIGITS[digit]):
        moved = {}
        for p in stroke:
            if p not in moved:
                moved[p] = (p[0] + rng.gauss(0, wobble), p[1] + rng.gauss(0, wobble))
        points = []
        for x, y in smooth([moved[p] for p in stroke]):
            x, y = x - .5 + bend * math.sin(3 * y + phase), y - .5 + bend * math.sin(3 * x + 2 * phase)
            x = x * wide - slant * y
            y *= high
            points.append((x * math.cos(turn) - y * math.sin(turn),
                           x * math.sin(turn) + y * math.cos(turn)))
        strokes.append(points)
    every = [p for points in strokes for p in points]
    span = max(max(p[k] for p in every) - min(p[k] for p in every) for k in (0, 1))
    scale = rng.uniform(.84, 1) * (BOX - 2) / span
    return [[(x * scale, y * scale) for x, y in points] for points in strokes]


def ink(rng, strokes, shift):
    """The picture of strokes moved by shift: how near each pixel is to the pen's line."""
    at = (numpy.arange(SIZE) - (SIZE - 1) / 2)
    px, py = numpy.meshgrid(at - shift[0], at - shift[1])
    pen, swell = rng.uniform(.95, 1.9), rng.uniform(0, .3)
    grey = numpy.zeros((SIZE, SIZE))
    for points in strokes:
        for i, ((x0, y0), (x1, y1)) in enumerate(zip(points, points[1:])):
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            if length == 0:
                continue
            t = numpy.clip(((px - x0) * dx + (py - y0) * dy) / length, 0, 1)
            distance = numpy.hypot(px - x0 - t * dx, py - y0 - t * dy)
            radius = pen * (1 + swell * math.sin(i / len(points) * 2 * math.pi))
            grey = numpy.maximum(grey, numpy.clip(radius + .55 - distance, 0, 1.1) / 1.1)
    return grey


def picture(rng, digit):
    """(28, 28) bytes of the digit, centred by mass."""
    strokes, state = write(rng, digit), rng.getstate()
    grey = ink(rng, strokes, (0, 0))
    at = numpy.arange(SIZE) - (SIZE - 1) / 2
    mass = grey.sum()
    shift = (-(grey.sum(axis=0) @ at) / mass, -(grey.sum(axis=1) @ at) / mass)
    rng.setstate(state)
    grey = ink(rng, strokes, shift)
    return numpy.rint(grey ** .8 * 255).astype(int)


def main():
    """Writes the files."""
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, rows, seed in FILES:
        rng = random.Random(seed)
        digits = [i % 10 for i in range(rows)]
        rng.shuffle(digits)
        with open(os.path.join(folder, name), "w", encoding="ascii", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["label"] + [f"pixel{i}" for i in range(SIZE * SIZE)])
            for digit in digits:
                out.writerow([digit] + picture(rng, digit).flatten().tolist())


if __name__ == "__main__":
    main()
