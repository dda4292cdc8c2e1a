"""Draws `docs/architecture.svg` from the code's own imports: `python -m tests.architecture_picture`.

A floor is a row; a domain stands on the lowest row that it may. An arrow says "imports", and is left out where it only
shortens a way of other arrows. A test holds the picture to the code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.structure.house import FLOORS, ROOT, WIRING, files_of, imports_of

PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, ROW, BOX_HEIGHT, MARGIN = 960, 84, 40, 24
WIRED = "wiring"
PURPOSE = {
    WIRED: "webhook_topics · reactions · effects · schedule · runners · published",
    "admin": "the merchant's page",
    "privacy": "what people may ask for",
    "recommendations": "what suits whom, and why",
    "tracking": "where is my order?",
    "feedback": "moods and thanks",
    "messages": "notices, mails, texts",
    "access": "who may see an order",
    "consents": "who agreed to what",
    "experiments": "who is the comparison",
    "storefront": "what the theme can read",
    "purchases": "orders, products, buyers",
    "inbox": "webhooks in, once",
    "outbox": "effects out, once",
    "work": "long work, resumed",
    "shops": "installation and tokens",
    "shopify": "all that speaks Shopify",
    "kit": "database, clock, crypto",
    "settings": "every setting, once",
}
STYLE = """
  svg { font: 14px system-ui, sans-serif; color-scheme: light dark; }
  .room { fill: #fff; stroke: #4a5568; stroke-width: 1.2; } .name { fill: #1a202c; font-weight: 600; }
  .purpose { fill: #4a5568; font-size: 12px; } .way { fill: none; stroke: #718096; stroke-width: 1.1; }
  .head { fill: #718096; } .ground { fill: #f7fafc; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #171a21; } .room { fill: #232834; stroke: #a0aec0; } .name { fill: #edf2f7; }
    .purpose { fill: #cbd5e0; } .way { stroke: #a0aec0; } .head { fill: #a0aec0; }
  }"""


@dataclass(frozen=True, slots=True)
class Room:
    """A box of the picture; `x` is its middle, `y` its upper edge, in px."""

    name: str
    x: float
    y: float
    width: float


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw(), encoding="utf-8")


def draw() -> str:
    """The picture as SVG, the same for the same code."""
    imports = imports_between(domains())
    rooms = {room.name: room for room in place(domains())}
    height = max(room.y for room in rooms.values()) + BOX_HEIGHT + MARGIN
    ways = [_way(rooms[upper], rooms[lower]) for upper, lower in needed_ways(imports)]
    boxes = [piece for room in rooms.values() for piece in _box(room)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
            ' aria-labelledby="title">',
            '<title id="title">The domains of the service, floor by floor; arrows point to what is imported</title>',
            f"<style>{STYLE}\n</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
            ' orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
            f'<rect class="ground" width="{WIDTH}" height="{height:.0f}"/>',
            *ways,
            *boxes,
            "</svg>\n",
        ]
    )


def domains() -> dict[str, list[Path]]:
    """Domain -> its files; all of the wiring is one."""
    found: dict[str, list[Path]] = {}
    for path in files_of("service"):
        part = path.relative_to(ROOT / "service").parts[0].removesuffix(".py")
        if part != "__init__" and path.name != "__init__.py":
            found.setdefault(WIRED if part in WIRING else part, []).append(path)
    return found


def imports_between(files: Mapping[str, list[Path]]) -> dict[str, set[str]]:
    """Domain -> the domains that its files import."""
    between: dict[str, set[str]] = {}
    for name, paths in files.items():
        parts = {
            part.split(".")[1] for path in paths for part in imports_of(path) if part.startswith("service.")
        }
        between[name] = (parts & set(files)) - {name}
    return between


def needed_ways(imports: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The imports that no longer way of other imports stands for, in a fixed order."""
    for upper in sorted(imports):
        for lower in sorted(imports[upper]):
            if not any(lower in _reached(imports, other) for other in imports[upper] - {lower}):
                yield upper, lower


def _reached(imports: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports[waiting.pop()] - reached
        reached |= new
        waiting += sorted(new)
    return reached


def place(files: Mapping[str, list[Path]]) -> Iterator[Room]:
    """Where each domain stands: the wiring on top, then the floors downwards."""
    floors = [[WIRED], *([name for name in sorted(floor) if name in files] for floor in reversed(FLOORS))]
    for row, names in enumerate([names for names in floors if names]):
        slot = (WIDTH - 2 * MARGIN) / len(names)
        for number, name in enumerate(names):
            width = 640 if name == WIRED else min(slot - 16, 190)
            yield Room(name, MARGIN + slot * (number + 0.5), MARGIN + row * ROW, width)


def _box(room: Room) -> Iterator[str]:
    left = room.x - room.width / 2
    yield f'<rect class="room" x="{left:.0f}" y="{room.y}" width="{room.width:.0f}" height="{BOX_HEIGHT}" rx="6"/>'
    yield f'<text class="name" x="{room.x:.0f}" y="{room.y + 17}" text-anchor="middle">{room.name}</text>'
    yield f'<text class="purpose" x="{room.x:.0f}" y="{room.y + 33}" text-anchor="middle">{PURPOSE[room.name]}</text>'


def _way(upper: Room, lower: Room) -> str:
    start, end = upper.y + BOX_HEIGHT, lower.y
    reach = min(upper.width, lower.width) / 2 - 12
    begin = upper.x + max(-reach, min(reach, (lower.x - upper.x) / 8))
    finish = lower.x + max(-reach, min(reach, (upper.x - lower.x) / 8))
    bend = (end - start) * 0.5
    return (
        f'<path class="way" marker-end="url(#head)" d="M{begin:.0f} {start:.0f}'
        f' C{begin:.0f} {start + bend:.0f} {finish:.0f} {end - bend:.0f} {finish:.0f} {end:.0f}"/>'
    )


if __name__ == "__main__":
    main()
