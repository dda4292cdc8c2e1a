"""The picture of the house in `docs/architecture.md` shows the code as it is."""

from tests.architecture_picture import PICTURE, PURPOSE, domains, draw


def test_the_picture_says_of_every_domain_what_it_is() -> None:
    assert set(domains()) == set(PURPOSE), "say what it is in PURPOSE of tests/architecture_picture.py"


def test_the_picture_of_the_domains_is_the_one_that_the_imports_draw() -> None:
    drawn_now = PICTURE.read_text(encoding="utf-8") == draw()
    assert drawn_now, (
        "domains import each other in another way now: run `python -m tests.architecture_picture`"
    )
