"""GraphQL documents by name; each stands in its own file under `documents/` and is checked against Shopify's
schema by a test.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FOLDER = files("service.shopify") / "documents"


@dataclass(frozen=True, slots=True)
class Document:
    """One GraphQL document.

    Those named `bulk_*` are not sent themselves: their text is an argument of `bulkOperationRunQuery`.
    """

    name: str
    text: str


@cache
def load(name: str) -> Document:
    """The document in `documents/{name}.graphql`. Raises LookupError when there is none."""
    file = _FOLDER / f"{name}.graphql"
    if _NAME.fullmatch(name) is None or not file.is_file():
        raise LookupError(f"there is no GraphQL document named {name!r}")
    return Document(name, file.read_text(encoding="utf-8"))


def document_names() -> list[str]:
    """Names of all documents, sorted."""
    return sorted(
        file.name.removesuffix(".graphql") for file in _FOLDER.iterdir() if file.name.endswith(".graphql")
    )
