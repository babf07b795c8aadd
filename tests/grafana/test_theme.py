"""The colour language can be read: on both backgrounds, and by eyes that see fewer colours."""

from __future__ import annotations

from itertools import combinations

import pytest

from grafana import theme

BACKGROUNDS = {"dark": "#181b1f", "light": "#ffffff"}
"""Of Grafana's panels."""

ALL = sorted(
    {
        *(
            theme.GOOD,
            theme.BAD,
            theme.INVALID,
            theme.UNKNOWN,
            theme.WARNING,
            theme.ACHIEVED,
            theme.PLANNED,
            theme.LIMIT,
        ),
        *theme.TEST_TYPES.values(),
        *theme.QUANTILES.values(),
    }
)

SIGHT = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Of linear RGB, after Machado, Oliveira and Fernandes 2009, severity 1."""

OPPOSITES = {"good": theme.GOOD, "bad": theme.BAD, "invalid": theme.INVALID}

JUST_DIFFERENT = 2.3
"""The difference in Lab that an eye just notices beside one another."""


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def luminance(colour: str) -> float:
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    r, g, b = (min(1.0, max(0.0, c)) for c in rgb)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, sight: str) -> tuple[float, ...]:
    return tuple(sum(m * c for m, c in zip(row, linear(colour), strict=True)) for row in SIGHT[sight])


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("colour", ALL)
def test_a_colour_stands_out_from_the_background(colour, background):
    lighter, darker = sorted((luminance(colour), luminance(BACKGROUNDS[background])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3.0


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("pair", list(combinations(OPPOSITES, 2)), ids=" and ".join)
def test_good_bad_and_invalid_are_told_apart_by_every_eye(pair, sight):
    one, other = (lab(seen(OPPOSITES[name], sight)) for name in pair)
    difference = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
    assert difference > 5 * JUST_DIFFERENT


@pytest.mark.parametrize("sight", SIGHT)
def test_the_lines_of_a_panel_by_test_type_are_told_apart(sight):
    drawn = {**theme.TEST_TYPES, "all": theme.ACHIEVED, "planned": theme.PLANNED, "failed": theme.BAD}
    for one, other in combinations(drawn, 2):
        a, b = (lab(seen(drawn[name], sight)) for name in (one, other))
        assert sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5 > 2 * JUST_DIFFERENT, (one, other)
