"""The small pages of signing up and stopping, as HTML for the theme. They work without a script."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.consents.addresses import Channel
from service.consents.wording import consent_text
from service.kit.texts import catalogue
from service.shops.theme_assets import STYLE, asset_address
from service.shops.theme_pages import answer_in_theme, brand_style

_TEXTS = catalogue("service.messages")
_MANNERS: dict[Channel, dict[str, str]] = {
    Channel.EMAIL: {"type": "email", "autocomplete": "email", "maxlength": "254"},
    Channel.SMS: {"type": "tel", "autocomplete": "tel", "maxlength": "32"},
    Channel.WHATSAPP: {"type": "tel", "autocomplete": "tel", "maxlength": "32"},
}
_CODE_MANNER = {"type": "text", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is drawn: language, shop, and the token of their order's link, if they came with it."""

    language: str
    shop_name: str
    proxy_path: str
    brand: Mapping[str, Any]
    token: str | None = None

    def text(self, key: str) -> str:
        """The text of that key."""
        return _TEXTS.text(self.language, key, shop=self.shop_name)

    @property
    def back_to(self) -> str:
        """The tracking page: of their order if they came from it."""
        page = f"{self.proxy_path}/track"
        return f"{page}?t={self.token}" if self.token else page


@dataclass(frozen=True, slots=True)
class _Form:
    action: str
    button: str
    hidden: Mapping[str, str]
    consent: str = ""
    field: str = ""
    label: str = ""
    typed: str = ""
    error: str = ""
    manner: Mapping[str, str] | None = None


def show_result(reader: Reader, key: str) -> Response:
    """A page that says one thing: `key` and `key.text`."""
    return _show(reader, reader.text(key), reader.text(f"{key}.text"), says_result=True)


def show_address_form(reader: Reader, channel: Channel, typed: str) -> Response:
    """The address again, with what was typed and what to change beside it."""
    form = _Form(
        action=f"{reader.proxy_path}/track/sign-up",
        button=reader.text("sign_up.address.button"),
        hidden={"t": reader.token or "", "channel": channel.value, "language": reader.language},
        field="address",
        label=reader.text(f"sign_up.address.field.{channel.value}"),
        typed=typed,
        error=reader.text(f"sign_up.address.wrong.{channel.value}"),
        manner=_MANNERS[channel],
    )
    return _show(reader, reader.text("sign_up.address.wrong"), form=form)


def show_code_form(reader: Reader, channel: Channel, *, was_wrong: bool = False) -> Response:
    """The field for the code, with what entering it agrees to."""
    form = _Form(
        action=f"{reader.proxy_path}/track/code",
        button=reader.text("sign_up.code.button"),
        hidden={"t": reader.token or "", "channel": channel.value, "language": reader.language},
        consent=consent_text(channel, reader.language, reader.shop_name),
        field="code",
        label=reader.text("sign_up.code.field"),
        error=reader.text("sign_up.code.wrong") if was_wrong else "",
        manner=_CODE_MANNER,
    )
    return _show(reader, reader.text("sign_up.code_sent"), reader.text("sign_up.code_sent.text"), form=form)


def show_confirm_button(reader: Reader, proof: str) -> Response:
    """What a click agrees to, and the button: the visit alone (a mail scanner's, say) agrees to nothing."""
    form = _Form(
        action=f"{reader.proxy_path}/track/confirm",
        button=reader.text("sign_up.confirm.button"),
        hidden={"c": proof},
        consent=consent_text(Channel.EMAIL, reader.language, reader.shop_name),
    )
    return _show(reader, reader.text("sign_up.confirm"), form=form)


def show_stop_button(reader: Reader, token: str) -> Response:
    """What stopping does, and the button."""
    form = _Form(
        action=f"{reader.proxy_path}/track/stop?s={token}",
        button=reader.text("sign_up.stop.button"),
        hidden={},
    )
    return _show(reader, reader.text("sign_up.stop"), reader.text("sign_up.stop.text"), form=form)


def _show(
    reader: Reader, title: str, text: str = "", *, form: _Form | None = None, says_result: bool = False
) -> Response:
    html = _templates.get_template("sign_up.html").render(
        language=reader.language,
        style_address=asset_address(reader.proxy_path, STYLE),
        brand_style=brand_style(reader.brand),
        title=title,
        text=text,
        says_result=says_result,
        form=form,
        back=reader.text("sign_up.back"),
        back_to=reader.back_to,
    )
    return answer_in_theme(html)


_templates = Environment(loader=PackageLoader("service.messages"), autoescape=True, undefined=StrictUndefined)
