"""The one product that a merchant names in a field: by handle, address, title, or a part of a title."""

from dataclasses import dataclass

from service.admin.catalogue import Words
from service.admin.product_lines import ProductFinder, TypedLine, UnreadableLine
from service.kit.database import Unit
from service.purchases.product_names import products_like

_SHOWN_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class SearchedProduct:
    """What a name means: a product, or none and why in a sentence."""

    product_id: int | None
    problem: str = ""


def search_product(unit: Unit, name: str, words: Words) -> SearchedProduct:
    """The product that `name` means; a part of a title will do where only one product has it."""
    typed = " ".join(name.split())
    try:
        return SearchedProduct(ProductFinder(unit, [typed]).find(TypedLine(1, typed), typed))
    except UnreadableLine:
        similar = products_like(unit, typed, _SHOWN_SUGGESTIONS + 1)
    if len(similar) == 1:
        return SearchedProduct(similar[0].id)
    if not similar:
        return SearchedProduct(None, words.text("products.unknown", name=typed))
    handles = ", ".join(one.handle for one in similar[:_SHOWN_SUGGESTIONS])
    return SearchedProduct(None, words.text("products.ambiguous", name=typed, handles=handles))
