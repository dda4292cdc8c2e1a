"""What a section of the page is: a domain's figures and settings. A new domain adds one file and one template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import Schema

from service.admin.catalogue import Words
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.settings import Settings


class State(StrEnum):
    """How a section stands, in one word that the page shows beside its title."""

    GOOD = "good"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    SILENT = "silent"
    OFF = "off"
    DEFAULT = "default"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the language and zone to write in, what this installation is set to, and what it encrypts with.

    `chosen` is what the page's address asks for (`?guide=7`): typed by anybody, so nothing to trust.
    """

    words: Words
    settings: Settings
    cipher: Cipher
    chosen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """What a section shows now. `facts` are its template's; live figures are fetched again every two seconds.

    `needs` are sentences about what only the merchant can do; the page repeats them at its top.
    """

    state: State
    facts: Mapping[str, Any]
    is_live: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A section's settings: what shape they have, how they are saved, and how they would look.

    Messages of `schema` are keys of the catalogue. `check` says per field, in a sentence, what is wrong with values
    whose shape is good. `preview` returns the facts of `preview_template`; `preview_schema` is for one that is shown
    more than is saved, such as which sample it is of.
    """

    schema: type[Schema]
    save: Callable[[Unit, Viewer, Mapping[str, Any]], None]
    saved_text: str
    check: Callable[[Unit, Viewer, Mapping[str, Any]], Mapping[str, str]] | None = None
    preview: Callable[[Unit, Viewer, Mapping[str, Any]], Mapping[str, Any]] | None = None
    preview_template: str = ""
    preview_schema: type[Schema] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One domain on the page. `key` is part of its addresses, `title` a key of the catalogue.

    With `opens_apart` its settings stand on its own page only, and the overview leads there.
    """

    key: str
    title: str
    template: str
    read: Callable[[Unit, Viewer], View]
    form: Form | None = None
    opens_apart: bool = False
