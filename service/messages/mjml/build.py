"""Compile the layout of mails from MJML to the template that is sent from: `python -m service.messages.mjml.build`."""

from pathlib import Path

from mjml import mjml2html

SOURCE = Path(__file__).with_name("notice.mjml")
BUILT = Path(__file__).parents[1] / "templates" / "notice.html"


def compile_layout() -> str:
    """The layout as HTML, with its placeholders of Jinja as they were."""
    html: str = mjml2html(SOURCE.read_text(encoding="utf-8"))
    return f"{html}\n"


if __name__ == "__main__":
    BUILT.write_text(compile_layout(), encoding="utf-8")
