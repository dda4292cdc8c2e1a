"""Which carrier a parcel is with: by the name that the shop gave, else by the form of its tracking number. Pure.

Check digits come from the library `tracking-numbers` (UPS, USPS, FedEx, DHL Express, Amazon, OnTrac, and the postal
S10 numbers); the forms below are those that it does not know.
"""

import re
from functools import lru_cache

from tracking_numbers import get_tracking_number

from service.tracking.sources.carriers import CARRIERS, Carrier

_DHL_FAMILY = frozenset({"dhl", "dhl_express", "dhl_ecommerce", "deutsche_post"})
_NO_NAMES = frozenset({"", "other", "sonstige", "sonstiger", "andere", "custom", "versand", "standard"})
_CODES_OF_NAMES = {
    **dict.fromkeys(("dhl", "dhlpaket", "dhlparcel", "dhlgermany", "dhlde", "dhlparcelde"), "dhl"),
    **dict.fromkeys(("dhlexpress", "dhlintl", "dhlexpressde"), "dhl_express"),
    **dict.fromkeys(("dhlecommerce", "dhlecommerceasia", "dhlglobalmail"), "dhl_ecommerce"),
    **dict.fromkeys(("deutschepost", "deutschepostde", "deutschepostdhl", "warenpost"), "deutsche_post"),
    **dict.fromkeys(("dpd", "dpdde", "dpdgermany", "dpduk", "dpdlocal", "dpdat", "dpdaustria"), "dpd"),
    **dict.fromkeys(("gls", "glsde", "glsgermany", "glsaustria", "glsgroup"), "gls"),
    **dict.fromkeys(("hermes", "hermesde", "hermesgermany", "hermeslogistik", "myhermes"), "hermes"),
    **dict.fromkeys(("ups", "upsde", "unitedparcelservice"), "ups"),
    **dict.fromkeys(("fedex", "fedexexpress", "fedexground", "federalexpress"), "fedex"),
    **dict.fromkeys(("usps", "unitedstatespostalservice"), "usps"),
    **dict.fromkeys(("royalmail", "parcelforce"), "royal_mail"),
    **dict.fromkeys(("evri", "hermesuk", "myhermesuk"), "evri"),
    **dict.fromkeys(("postat", "osterreichischepost", "oesterreichischepost", "austrianpost"), "post_at"),
    **dict.fromkeys(("swisspost", "schweizerischepost", "dieschweizerischepost", "postch"), "swiss_post"),
    **dict.fromkeys(("postnl", "postnlinternational"), "post_nl"),
    **dict.fromkeys(("bpost", "bpostinternational"), "bpost"),
    **dict.fromkeys(("laposte", "colissimo"), "la_poste"),
    **dict.fromkeys(("postnord", "postnorddk", "postnordno", "postnordse", "portalpostnord"), "post_nord"),
    **dict.fromkeys(("correos", "correosexpress"), "correos"),
    **dict.fromkeys(("amazon", "amazonlogistics", "amazonlogisticsuk", "amazonlogisticsus"), "amazon"),
    **{
        code.replace("_", ""): code
        for code in (
            *("tnt", "chronopost", "mondial_relay", "inpost", "packeta", "poste_italiane", "canada_post"),
            *("australia_post", "china_post", "ontrac", "yun_express"),
        )
    },
}
_CODES_OF_LIBRARY = {
    "ups": "ups", "usps": "usps", "fedex": "fedex", "dhl": "dhl_express", "amazon": "amazon", "ontrac": "ontrac",
}  # fmt: skip
_POSTS = {
    "DE": "deutsche_post", "AT": "post_at", "CH": "swiss_post", "GB": "royal_mail", "US": "usps", "NL": "post_nl",
    "BE": "bpost", "FR": "la_poste", "IT": "poste_italiane", "ES": "correos", "CA": "canada_post",
    "AU": "australia_post", "CN": "china_post", "SE": "post_nord", "DK": "post_nord",
}  # fmt: skip
_FORMS = (
    (re.compile(r"JJD\d{12,30}"), "dhl"),
    (re.compile(r"JD\d{18}"), "dhl_express"),
    (re.compile(r"003404\d{14}"), "dhl"),
    (re.compile(r"H\d{14,19}"), "hermes"),
    (re.compile(r"\d{16}"), "hermes"),
    (re.compile(r"\d{14}[0-9A-Z]?"), "dpd"),
    (re.compile(r"\d{11}"), "gls"),
    (re.compile(r"9[89]\d{16}"), "swiss_post"),
    (re.compile(r"10\d{20}"), "post_at"),
)
_IDENTCODE = re.compile(r"\d{12}")
_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})


def canonical_carrier(company: str | None, number: str | None) -> Carrier | None:
    """The carrier of a parcel; None where neither the shop's name for it nor the number's form says one.

    The name wins, known or not; only within the DHL group the number may tell more than "DHL" does.
    """
    name = _bare(company or "")
    by_number = _code_of_number(_normal(number or ""))
    if name in _NO_NAMES:
        return CARRIERS.get(by_number or "")
    code = _CODES_OF_NAMES.get(name)
    if code == "dhl" and by_number in _DHL_FAMILY:
        code = by_number
    return CARRIERS.get(code or "")


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().translate(_UMLAUTS))


def _normal(number: str) -> str:
    return re.sub(r"[\s.\-/]", "", number).upper()


@lru_cache(maxsize=4096)
def _code_of_number(number: str) -> str | None:
    if not number or len(number) > 64:
        return None
    by_library = _code_by_library(number)
    if _IDENTCODE.fullmatch(number):
        # twelve digits are a DHL Identcode, FedEx Express, or by chance both: then nobody knows
        candidates = {by_library, "dhl" if _is_identcode(number) else None} - {None}
        return candidates.pop() if len(candidates) == 1 else None
    return by_library or next((code for form, code in _FORMS if form.fullmatch(number)), None)


def _code_by_library(number: str) -> str | None:
    found = get_tracking_number(number)
    if found is None or not found.valid:
        return None
    if found.courier.code == "s10":
        # parcels (C) of the German post travel with DHL, letters with Deutsche Post
        return "dhl" if number.startswith("C") and number.endswith("DE") else _POSTS.get(number[-2:])
    return _CODES_OF_LIBRARY.get(found.courier.code)


def _is_identcode(number: str) -> bool:
    """Check digit of DHL's Identcode: weights 4 and 9 in turn, complement to ten."""
    weighed = sum(int(digit) * (9 if place % 2 else 4) for place, digit in enumerate(number[:-1]))
    return (10 - weighed % 10) % 10 == int(number[-1])
