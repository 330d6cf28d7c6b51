"""Photographs and textures for the convolution lessons. First used in lesson 01.

All come inside scikit-image (`skimage.data`); nothing is downloaded. Only pictures whose licence is stated
are offered here, because a notebook's output is a copy:

| picture | size | licence |
|---|---|---|
| camera | 512 × 512 | CC0, by Lav Varshney |
| brick, grass, gravel | 512 × 512 | CC0, from CC0Textures |
| chelsea | 300 × 451 | CC0, by Stéfan van der Walt |
| coffee | 400 × 600 | CC0, by Rachel Michetti |

`page` draws a printed page of its own, with the fonts that come with Matplotlib.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

__all__ = ["CHARACTER", "brick", "camera", "chelsea", "coffee", "grass", "gravel", "page", "places", "word"]


def camera() -> np.ndarray:
    """The photographer in his black coat, a tripod, a wide sky: float32 (512, 512) in [0, 1]."""
    return _load("camera")


def brick() -> np.ndarray:
    """A brick wall: float32 (512, 512) in [0, 1]."""
    return _load("brick")


def grass() -> np.ndarray:
    """Grass from above: float32 (512, 512) in [0, 1]."""
    return _load("grass")


def gravel() -> np.ndarray:
    """Gravel: float32 (512, 512) in [0, 1]."""
    return _load("gravel")


def chelsea() -> np.ndarray:
    """A cat in colour: float32 (300, 451, 3) in [0, 1]."""
    return _load("chelsea")


def coffee() -> np.ndarray:
    """A cup of coffee in colour: float32 (400, 600, 3) in [0, 1]."""
    return _load("coffee")


@cache
def _load(name: str) -> np.ndarray:
    import skimage.data

    picture = (getattr(skimage.data, name)() / 255).astype(np.float32)
    picture.setflags(write=False)
    return picture


CHARACTER = (20, 9)
"""Height and width, in pixels, of one character's box on a printed `page`."""
MARGIN = 8
STORY = (
    "In the morning the baker lights the oven.",
    "This is when the street still sleeps, and",
    "thin smoke climbs past every third chimney.",
    "He weighs the flour, stirs in water, waits.",
    "Later the first child runs in, counts coins,",
    "thinks hard, and asks for the warm bread.",
    "At noon the loaves are gone; the oven rests.",
)


def page(
    lines: Sequence[str] = STORY, contrast: float = 0.9, shade: float = 0.0, noise: float = 0.0, seed: int = 0
) -> np.ndarray:
    """Print `lines`, a short story if not given: float32 (h, w) in [0, 1], ink 0, paper 0.9.

    A character's box is 20 × 9 pixels, the margin 8.

    `contrast` is how much darker ink is than paper, `shade` how much darker the left edge of the paper is than its
    right edge, `noise` the standard deviation of the grain that `seed` draws; each between 0 and 0.9.
    Errors: `ValueError` for a page without a letter, or for a number outside that range.
    """
    if not any(line.strip() for line in lines):
        raise ValueError("A page needs at least one line with a letter on it.")
    for name, value in {"contrast": contrast, "shade": shade, "noise": noise}.items():
        if not 0 <= value <= 0.9:
            raise ValueError(f"{name} is {value}; it must lie between 0 and 0.9.")
    ink = _print(tuple(lines))
    paper = 0.9 - shade * np.linspace(1, 0, ink.shape[1])
    grain = np.random.default_rng(seed).normal(0, noise, ink.shape)
    return np.clip(paper - contrast * ink + grain, 0, 1).astype(np.float32)


def word(text: str) -> np.ndarray:
    """`text` printed as on a clean `page`, cut out: float32 (20, 9 × letters)."""
    return page([text])[MARGIN:-MARGIN, MARGIN:-MARGIN]


def places(text: str, lines: Sequence[str] = STORY) -> list[tuple[int, int]]:
    """Where `text` stands on a `page` of these lines: the corners (top, left) of its boxes, in reading order."""
    height, width = CHARACTER
    starts = [(row, match.start()) for row, line in enumerate(lines) for match in re.finditer(re.escape(text), line)]
    return [(MARGIN + height * row, MARGIN + width * column) for row, column in starts]


def _print(lines: tuple[str, ...]) -> np.ndarray:
    """Ink, float (h, w) in [0, 1]: drawn by Pillow in DejaVu Sans Mono, which comes with Matplotlib."""
    from pathlib import Path

    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    path = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSansMono.ttf")
    font = ImageFont.truetype(str(path), 15, layout_engine=ImageFont.Layout.BASIC)
    height, width = CHARACTER
    size = width * max(map(len, lines)) + 2 * MARGIN, height * len(lines) + 2 * MARGIN
    paper = Image.new("L", size, 0)
    draw = ImageDraw.Draw(paper)
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + height * number), line, fill=255, font=font)
    return np.asarray(paper) / 255
