"""Product pictures drawn from the title: calm, and the same for the same title at any time."""

import hashlib
import json
import re
from html import escape
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

blueprint = Blueprint("pictures", __name__)
WIDTH = 1200
SMALLEST = 16

# Pattern of word stems (German and English), and shapes in a box of 100 x 100: F filled, D dark, L line, A accent.
DRAWINGS: list[tuple[str, str]] = json.loads(
    Path(__file__).with_name("drawings.json").read_text(encoding="utf-8")
)


def draw_picture(title: str, width: int = WIDTH) -> str:
    """An SVG of 4:5, ``width`` pixels wide: the drawing of the last word that is known, else the title's own words."""
    seed = hashlib.sha256(title.encode()).digest()
    hue = seed[0] * 360 // 256
    tones = {
        "F": f"hsl({hue} 26% 47%)", "D": f"hsl({hue} 30% 31%)", "L": f"hsl({hue} 30% 31%)",
        "A": f"hsl({(hue + 40 + seed[1] % 40) % 360} 52% 66%)",
    }  # fmt: skip
    sun = f'cx="{120 + seed[2] % 160}" cy="{150 + seed[3] % 120}" r="{130 + seed[4] % 50}" fill="hsl({hue} 30% 83%)"'
    hill = f"M0 {400 + seed[5] % 30}q110-{20 + seed[6] % 30} 200-6t200-8v130H0z"
    ground = (
        f'<rect width="400" height="500" fill="hsl({hue} 27% 89%)"/><circle {sun}/>'
        f'<path d="{hill}" fill="hsl({(hue + 12) % 360} 24% 78%)"/>'
    )
    subject = _draw_subject(title.lower(), tones) or _write_words(title, tones["D"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" width="{width}" height="{width * 5 // 4}"'
        f' role="img"><title>{escape(title)}</title>{ground}{subject}</svg>'
    )


def _draw_subject(title: str, tones: dict[str, str]) -> str:
    # A thing is named before "for" and "with", and German compounds end in what it is ("Zeltlampe" is a lamp).
    name = re.split(r" (?:für|aus|mit|von|for|with|in) |, ", title)[0]
    found = [(match.end(), drawing) for words, drawing in DRAWINGS if (match := re.search(words, name))]
    if not found:
        return ""
    parts = max(found)[1].split("|")
    shapes = []
    for part in parts:
        kind, _, path = part.partition(":")
        paint = (
            f'fill="none" stroke="{tones[kind]}" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"'
            if kind == "L"
            else f'fill="{tones[kind]}" stroke="{tones[kind]}" stroke-width="2" stroke-linejoin="round"'
        )
        shapes.append(f'<path d="{path}" {paint}/>')
    return f'<g transform="translate(75 130) scale(2.5)">{"".join(shapes)}</g>'


def _write_words(title: str, tone: str) -> str:
    words = [word for word in re.findall(r"[^\W_]+", title) if len(word) > 2 and word != "Stück"][:3] or [
        title[:12]
    ]
    longest = max(len(word) for word in words)
    size = min(64, 560 // max(longest, 6))
    top = 262 - (len(words) - 1) * size * 0.55
    lines = "".join(
        f'<text x="200" y="{top + number * size * 1.1:.0f}">{escape(word.capitalize()[:24])}</text>'
        for number, word in enumerate(words)
    )
    return (
        f'<g font-family="Georgia, serif" font-size="{size}" text-anchor="middle" fill="{tone}">{lines}</g>'
    )


@blueprint.get("/_img/<int:product_id>.svg")
def show_picture(product_id: int) -> Response:
    width = min(max(request.args.get("width", WIDTH, int), SMALLEST), WIDTH)
    with current_app.extensions["store"].reading() as db:
        row = db.execute("SELECT title FROM products WHERE id = ?", (product_id,)).fetchone() or abort(404)
    response = Response(draw_picture(row["title"], width), mimetype="image/svg+xml")
    response.cache_control.public, response.cache_control.max_age = True, 3600
    return response
