"""What a colour is, and whether people can read one on another. Pure."""

import re

READABLE = 4.5
"""Least contrast of body text: WCAG 2.1, success criterion 1.4.3 (AA)."""
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Whether `text` is a colour as it is stored: `#` and six hexadecimal digits in lower case."""
    return bool(_COLOUR.fullmatch(text))


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two `#rrggbb` colours, from 1 (equal) to 21 (black on white).

    Source: WCAG 2.1, definition of contrast ratio.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_colour_on(background: str) -> str:
    """Black or white, whichever is easier to read on `background` (`#rrggbb`)."""
    return max(("#000000", "#ffffff"), key=lambda colour: contrast_ratio(colour, background))


def _luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.1, definition of relative luminance)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
