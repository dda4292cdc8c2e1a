"""Decimal amounts as Shopify writes them <-> integer minor units. Pure."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,18})?")

# ISO 4217: every currency that is not listed has two decimals.
CURRENCY_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


@lru_cache(maxsize=16_384)
def parse_amount(text: str, currency: str) -> int:
    """`"12.5"` of EUR -> 1250; digits beyond the minor unit are rounded half up. ValueError if no amount."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    exponent = CURRENCY_EXPONENTS.get(currency, 2)
    return int(Decimal(text).scaleb(exponent).to_integral_value(ROUND_HALF_UP))
