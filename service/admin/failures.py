"""What a stored failure means, in a sentence for the merchant."""

from service.admin.catalogue import Words
from service.kit.failures import UNEXPECTED, read_failure
from service.kit.texts import MissingText


def describe_failure(stored: str, words: Words) -> str:
    """What happened and what to do next. Text of older versions, and codes of others, get the general sentence."""
    failure = read_failure(stored)
    try:
        return words.text(f"failure.{failure.code}", **failure.values)
    except MissingText:
        return words.text(f"failure.{UNEXPECTED.code}")
