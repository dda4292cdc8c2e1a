"""What a source of tracking is: one object, and all that speaks of sources is built from these objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.kit.errors import BadInput
from service.tracking.reported import Reported
from service.tracking.sources.carriers import Carrier
from service.tracking.sources.meter import Meter
from service.tracking.stages import Stage


@dataclass(frozen=True, slots=True)
class Question:
    """A parcel to ask for. Nothing else about the order ever goes to a source.

    `zone` is where times without a zone are read, unless their place tells; `language` ("de" or "en") is wished for
    the source's own words.
    """

    number: str
    carrier: Carrier | None
    zone: ZoneInfo
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Access:
    """A merchant's key in the clear, and the address where it opens. Never store or show one of these."""

    key: str
    base_url: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Source:
    """Who tells where parcels are.

    `code` stands in stored rows (at most 16 characters) and never changes; `name` is what people call the source;
    `words` are its words for where a parcel is. Each source has a file of its own, which ends with its object, and a
    place in the table of sources.
    """

    code: str
    name: str
    words: Mapping[str, Stage]


def check_one_word(key: str) -> None:
    """Keys as most sources give them out. Raises BadInput for what can be none."""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BadInput("A key consists of letters, digits and signs without spaces.")


def _here() -> bool:
    return True


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AskedSource(Source):
    """A source that is asked with a merchant's own key.

    `ask` returns all that the source tells of the parcel, in any order; it raises AskedTooOften, NotFoundThere,
    KeyRefused or SourceDown. `carriers_of` a key are those it is good for (codes; None = any).
    `handle` is part of its field names, settings and texts: `carriers.<handle>_sends` says what it learns,
    `carriers.<handle>_key` what its key is called. `check_key` raises BadInput, and `bad_key` is the text about it.
    `base_url` is where the source is reached unless `base_url_setting` says otherwise; "" where a library knows that.
    """

    handle: str
    ask: Callable[[Question, Access, Meter], list[Reported]]
    carriers_of: Callable[[str], frozenset[str] | None]
    check_key: Callable[[str], object] = check_one_word
    bad_key: str = "carriers.bad_key"
    base_url: str = ""
    is_installed: Callable[[], bool] = _here

    @property
    def base_url_setting(self) -> str:
        """The setting that may name another address, for tests and gateways."""
        return f"{self.handle.upper()}_BASE_URL"
