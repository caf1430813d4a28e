"""The palette: the book's CSS says the same, text is readable, neighbours differ for every eye."""

from itertools import combinations
from pathlib import Path

import pytest

from twoclouds import palette

ROOT = Path(__file__).parents[2]
SCHEMES = ("light", "dark")

# Linear-RGB matrices of full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes, 2009).
EYES = {
    "typical": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# Linear RGB to the cone responses of Oklab, and those (cube roots) to its lightness and two hues.
CONES = ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
OKLAB = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def linear(colour):
    """`#rrggbb` as linear RGB in 0..1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(one, other):
    """The WCAG contrast ratio."""
    low, high = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other)))
    return (high + 0.05) / (low + 0.05)


def distance(one, other, eye):
    """How far apart two colours look (Oklab, 100 is black to white)."""
    seen = [[min(1, max(0, c)) for c in times(EYES[eye], linear(colour))] for colour in (one, other)]
    first, second = (times(OKLAB, [c ** (1 / 3) for c in times(CONES, rgb)]) for rgb in seen)
    return 100 * sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


def test_the_css_says_the_same():
    written = (ROOT / "book/_static/palette.css").read_text(encoding="utf-8")
    assert written == palette.css(), "run: python -m twoclouds.palette > book/_static/palette.css"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["ink", "quiet", *palette.CLOUDS])
def test_text_is_readable(name, scheme):
    for ground in ("paper", "panel"):
        assert contrast(getattr(palette.ALL[name], scheme), getattr(palette.PAGE[ground], scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", palette.PHASES)
def test_a_phase_stands_out_from_the_page(name, scheme):
    assert contrast(getattr(palette.PHASES[name], scheme), getattr(palette.PAGE["paper"], scheme)) >= 3


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("family", [palette.CLOUDS, palette.PHASES], ids=["clouds", "phases"])
def test_neighbours_differ_for_every_eye(family, scheme, eye):
    for one, other in combinations(family.values(), 2):
        assert distance(getattr(one, scheme), getattr(other, scheme), eye) >= 9
