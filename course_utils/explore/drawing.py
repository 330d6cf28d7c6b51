"""Pictures for explorations: PNG data addresses with Pillow, SVG as text, and one scale of colours.

The signed scale runs from deep blue (−1) over grey (0) to warm white (+1). Its lightness only rises, so it keeps
its order for colour-blind readers and in a grey print.
"""

import base64
import io
from functools import lru_cache
from html import escape

import numpy as np
from PIL import Image

__all__ = ["PUOR", "SERIES", "SIGNED", "UNSIGNED", "data_address", "grid", "hex_colour", "ink_on", "number",
           "picture", "rectangle", "svg", "target", "text"]  # fmt: skip


def _palette(stops: dict[float, str]) -> np.ndarray:
    """256 colours, uint8 (256, 3), straight between the given stops in [0, 1]."""
    colours = np.array([[int(code[i : i + 2], 16) for i in (1, 3, 5)] for code in stops.values()])
    places = np.linspace(0, 1, 256)
    return np.stack([np.interp(places, list(stops), channel) for channel in colours.T], axis=1).round().astype(np.uint8)


SIGNED = _palette(
    {0: "#0a2a5e", 0.25: "#3a6ea8", 0.47: "#84898e", 0.5: "#8c8c8c", 0.53: "#97928b", 0.72: "#e2b16c", 0.88: "#fbeed6",
     1: "#fffaf0"}
)  # fmt: skip
UNSIGNED = _palette({0: "#000000", 1: "#ffffff"})
PUOR = _palette(
    {0: "#7f3b08", 0.2: "#e08214", 0.35: "#fdb863", 0.5: "#f7f7f7", 0.65: "#b2abd2", 0.8: "#8073ac", 1: "#2d004b"}
)
"""Orange below zero, white at zero, purple above: signed numbers in the figures of the lessons."""
SERIES = ("#0072B2", "#D55E00", "#009E73", "#56359B")
"""Colours of lines and bars, with the markers ● ■ ▲ ◆; the classes `series-0` … in shell.css, lighter in the dark."""


def _places(values, low: float, high: float) -> np.ndarray:
    """Each value's place in a palette, uint8; what lies outside [low, high] takes the colour at its end."""
    scaled = (np.asarray(values, np.float64) - low) / (high - low)
    return (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)


def data_address(values: np.ndarray, palette: np.ndarray, low: float, high: float) -> str:
    """`values` (h, w) as a PNG with 256 colours, in a `data:` address."""
    picture = Image.fromarray(_places(values, low, high))
    if palette is not UNSIGNED:  # a grey picture needs no list of its colours, which would be most of it
        picture.putpalette(palette.tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def picture(image: np.ndarray, x: float, y: float, size: float) -> str:
    """A square grey image (h, h) or (h, h, 1), 0 black and 1 white, at a place."""
    address = _address(image.astype(np.float32).tobytes(), len(image))
    return f'<image x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" class="pixels" href="{address}"/>'


@lru_cache(maxsize=2048)
def _address(pixels: bytes, height: int) -> str:
    """Most of what is on view while a slider moves was on view a moment ago, and is drawn already."""
    return data_address(np.frombuffer(pixels, np.float32).reshape(height, height), UNSIGNED, 0, 1)


def hex_colour(value: float, palette: np.ndarray, low: float, high: float) -> str:
    """The colour of one value, as `#rrggbb`."""
    return "#" + bytes(palette[_places(value, low, high)]).hex()


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour` (`#rrggbb`)."""
    red, green, blue = bytes.fromhex(colour[1:])
    return "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 127 else "#fff"


def number(value: float, digits: int = 2) -> str:
    """A number with a real minus sign and no negative zero: −2.53."""
    shown = f"{value:.{digits}f}"
    return (shown.lstrip("-") if float(shown) == 0 else shown).replace("-", "−")


def svg(width: float, height: float, body: str, alt: str) -> str:
    """An SVG that scales with its place; `alt` is what a screen reader says instead."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(alt)}</title>{body}</svg>'
    )


def text(x: float, y: float, words: str, style: str = "", colour: str = "") -> str:
    """Words at a place; `style` names CSS classes: strong, muted, small, large, middle, end."""
    fill = f' style="fill:{colour}"' if colour else ""
    return f'<text x="{x:g}" y="{y:g}" class="{style}"{fill}>{escape(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float | None = None, style: str = "", **more: str) -> str:
    """A rectangle, a square without `height`; `more` are further attributes, `data_pick="map"` makes `data-pick`."""
    height = width if height is None else height
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{style}"{attributes}/>'


def target(x: float, y: float, width: float, height: float, name: str) -> str:
    """An invisible place to point at: the exploration's `pick` hears of it as `name`."""
    return rectangle(x, y, width, height, fill="transparent", data_pick=name)


def grid(x: float, y: float, rows: int, columns: int, cell: float, style: str = "lines") -> str:
    """The lines of a grid of square cells."""
    width, height = columns * cell, rows * cell
    across = "".join(f"M{x:g} {y + i * cell:g}h{width:g}" for i in range(rows + 1))
    down = "".join(f"M{x + i * cell:g} {y:g}v{height:g}" for i in range(columns + 1))
    return f'<path class="{style}" d="{across}{down}"/>'
