"""Addresses that people type: e-mail addresses and telephone numbers, made uniform or refused. Pure.

Numbers become E.164 (ITU-T): `+`, country code, at most 15 digits. A number without country code is read as one of
the shop's country. Sources of the codes and of the digit that is dialled before a number at home: ITU-T E.164 and its
national numbering plans.
"""

import re
from enum import StrEnum

from service.kit.errors import BadInput


class Channel(StrEnum):
    """How somebody is reached."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"


class BadAddress(BadInput):
    """What was typed is no address of this channel."""


# country: its calling code, and what is dialled before a number inside it
_NUMBERING = {
    "AT": ("43", "0"),
    "AU": ("61", "0"),
    "BE": ("32", "0"),
    "BG": ("359", "0"),
    "CA": ("1", ""),
    "CH": ("41", "0"),
    "CY": ("357", ""),
    "CZ": ("420", ""),
    "DE": ("49", "0"),
    "DK": ("45", ""),
    "EE": ("372", ""),
    "ES": ("34", ""),
    "FI": ("358", "0"),
    "FR": ("33", "0"),
    "GB": ("44", "0"),
    "GR": ("30", ""),
    "HR": ("385", "0"),
    "HU": ("36", "06"),
    "IE": ("353", "0"),
    "IS": ("354", ""),
    "IT": ("39", ""),
    "LI": ("423", ""),
    "LT": ("370", "0"),
    "LU": ("352", ""),
    "LV": ("371", ""),
    "MT": ("356", ""),
    "NL": ("31", "0"),
    "NO": ("47", ""),
    "NZ": ("64", "0"),
    "PL": ("48", ""),
    "PT": ("351", ""),
    "RO": ("40", "0"),
    "SE": ("46", "0"),
    "SI": ("386", "0"),
    "SK": ("421", "0"),
    "US": ("1", ""),
}
_SIGNS_BETWEEN = re.compile(r"[\s()./\u2010-\u2015-]+")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
# satellites, shared costs and international premium rates: nobody's parcel, and somebody's bill
_NO_COUNTRY = re.compile(r"\+(?:8(?:00|08|70|78|8[1-3]|88)|979)")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]",
    re.IGNORECASE,
)
_LONGEST_EMAIL = 254
_LONGEST_LOCAL_PART = 64


def read_address(channel: Channel, text: str, country: str | None) -> str:
    """The address in the form that is stored and written to; `country` (ISO 3166-1) is where numbers are at home.

    Raises BadAddress.
    """
    return _read_email(text) if channel is Channel.EMAIL else _read_number(text, country)


def mask_address(address: str) -> str:
    """What may be shown of an address: `a…@example.com`, `+49…89`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else f"{address[:3]}…{address[-2:]}"


def _read_email(text: str) -> str:
    address = text.strip()
    local = address.rpartition("@")[0]
    if len(address) > _LONGEST_EMAIL or len(local) > _LONGEST_LOCAL_PART or not _EMAIL.fullmatch(address):
        raise BadAddress("This is no e-mail address.")
    return address


def _read_number(text: str, country: str | None) -> str:
    number = _SIGNS_BETWEEN.sub("", text.strip().replace("(0)", ""))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    elif not number.startswith("+"):
        number = _from_home(number, country)
    if not _E164.fullmatch(number) or _NO_COUNTRY.match(number):
        raise BadAddress("This is no telephone number.")
    return number


def _from_home(number: str, country: str | None) -> str:
    code, first = _NUMBERING.get(country or "", (None, ""))
    # where a first digit is dialled at home, a number without it may be one of anywhere
    if code is None or not number.startswith(first):
        raise BadAddress("The telephone number lacks its country code.")
    # North Americans write theirs with and without the 1, which is their country code too
    own = number.removeprefix("1") if code == "1" else number[len(first) :]
    return f"+{code}{own}"
