"""Rules that live once, and those that siblings have to repeat because they may not import each other."""

import json
import re
from pathlib import Path

from service.admin.sections import voices
from service.feedback.operations import LONGEST_WORDS, MOODS, REASONS
from service.tracking.page import page_facts

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service"


def files_that_say(pattern: str) -> set[str]:
    """Files of the service with a line that matches."""
    return {
        str(path.relative_to(SERVICE))
        for path in SERVICE.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


def test_feedback_the_tracking_page_and_the_merchants_page_know_the_same_moods_and_reasons() -> None:
    assert page_facts.MOODS == MOODS
    assert page_facts.REASONS == REASONS
    assert tuple(voices._MOODS) == MOODS
    assert tuple(voices._REASONS) == REASONS


def test_every_mood_and_reason_has_its_words_on_the_tracking_page() -> None:
    for language in ("de", "en"):
        path = SERVICE / "tracking" / "texts" / f"{language}.json"
        texts = json.loads(path.read_text(encoding="utf-8"))
        assert {f"mood.{mood}" for mood in MOODS} <= set(texts)
        asked = {key.removeprefix("mood.reason.") for key in texts if key.startswith("mood.reason.")}
        assert asked == set(REASONS)


def test_the_tracking_page_takes_as_many_words_as_feedback_keeps() -> None:
    parts = (SERVICE / "tracking" / "templates" / "parts.html").read_text(encoding="utf-8")
    limits = re.findall(r'<textarea name="(?:comment|words)"[^>]*maxlength="(\d+)"', parts)
    assert limits
    assert {int(limit) for limit in limits} == {LONGEST_WORDS}


def test_one_place_says_what_an_email_address_looks_like() -> None:
    assert files_that_say(r"re\.compile\([^)]*@|r\"[^\"\n]*@\(\?") == {"consents/addresses.py"}


def test_one_place_says_what_a_stored_colour_looks_like() -> None:
    assert files_that_say(r"#\[0-9a-f\]\{6\}") == {"kit/contrast.py"}


def test_one_place_says_which_language_suits_a_locale() -> None:
    cut = r"startswith\(\"de|\[:2\] == \"de\"|\[0\] == \"de\"|split\(\"[-_]\"(?:, 1)?\)\[0\]"
    assert files_that_say(cut) == {"kit/wording.py"}


def test_one_place_reads_which_channels_are_set_up() -> None:
    asked = r"(?:if|not|and|or|bool\()\W*[a-z_.]*settings\.(?:smtp_url|twilio_account_sid|whatsapp_token)\b"
    assert files_that_say(asked) <= {"settings.py", "consents/channels.py"}


def test_one_place_says_which_failures_of_a_call_mean_that_nothing_was_sent() -> None:
    assert files_that_say(r"httpx\.(?:ConnectError|ConnectTimeout|PoolTimeout)") == {"kit/outgoing.py"}


def test_what_a_process_remembers_for_a_while_is_a_memory_of_the_kit() -> None:
    assert files_that_say(
        r"TTLCache|LRUCache|OrderedDict|_REMEMBER_SECONDS \+|monotonic\(\) \+ _REMEMBER"
    ) == {"kit/memory.py"}


SUGGESTIONS_OF_THE_THEME = ROOT / "plugin/extensions/danke-theme/snippets/suggestions.liquid"
SUGGESTIONS_OF_THE_PAGE = SERVICE / "tracking" / "templates" / "parts.html"
CARD_OF_THE_THEME = ROOT / "plugin/extensions/danke-theme/snippets/placeholder.liquid"
ONLY_WHERE_SOLD_OUT_MAY_BE_SHOWN = {"sold-out"}
ONLY_ON_THE_PAGE = {"shows-popular"}


def attributes_of_suggestions(path: Path) -> set[str]:
    """Names of the attributes that a template may give to <danke-suggestions>."""
    tag = (
        path.read_text(encoding="utf-8").split("<danke-suggestions", 1)[1].split("</danke-suggestions>", 1)[0]
    )
    plain = re.sub(r"{%.*?%}", " ", re.sub(r"{{.*?}}", "", tag, flags=re.DOTALL), flags=re.DOTALL)
    head = plain[: re.search(r'"\s*>|\s>', plain).end()]  # type: ignore[union-attr]
    return set(re.findall(r"[a-z-]+", re.sub(r'"[^"]*"', " ", head)))


def test_theme_blocks_and_the_tracking_page_draw_the_same_tag() -> None:
    theme = attributes_of_suggestions(SUGGESTIONS_OF_THE_THEME)
    page = attributes_of_suggestions(SUGGESTIONS_OF_THE_PAGE)
    assert {"placement", "proxy-path", "language", "reason-again", "reason-chosen"} <= theme
    assert theme - ONLY_WHERE_SOLD_OUT_MAY_BE_SHOWN == page - ONLY_ON_THE_PAGE


def test_the_place_of_a_card_is_drawn_the_same_by_theme_blocks_and_the_tracking_page() -> None:
    card = re.search(r"<li.*</li>", CARD_OF_THE_THEME.read_text(encoding="utf-8"), re.DOTALL)
    assert card is not None
    joined = re.sub(r">\s+<", "><", card[0])
    assert SUGGESTIONS_OF_THE_PAGE.read_text(encoding="utf-8").count(joined) >= 1


def test_a_reason_is_the_same_sentence_in_theme_blocks_in_the_account_and_on_the_tracking_page() -> None:
    for language, file in (("de", "de.json"), ("en", "en.default.json")):
        page = json.loads((SERVICE / "tracking" / "texts" / f"{language}.json").read_text(encoding="utf-8"))
        said = {key.removeprefix("reason."): text for key, text in page.items() if key.startswith("reason.")}
        assert len(said) == 7
        for extension in ("danke-theme", "danke-order"):
            path = ROOT / "plugin" / "extensions" / extension / "locales" / file
            theirs = json.loads(path.read_text(encoding="utf-8"))["reason"]
            assert {key: re.sub(r"{{ *(\w+) *}}", r"[\1]", theirs[key]) for key in said if key in theirs} == {
                key: text for key, text in said.items() if key in theirs
            }
            assert extension != "danke-theme" or set(said) <= set(theirs)
