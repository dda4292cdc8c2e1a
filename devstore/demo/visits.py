"""What the demo does over HTTP, as people would: a merchant opens the app, a customer logs in and looks."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from devstore.config import PLUGIN, read_app_declaration, read_proxy_path
from devstore.demo.failures import DemoError
from devstore.store import Store

TIMEOUT_SECONDS = 10.0
# customers as most are: some orders, the last one not long ago
EXAMPLE_CUSTOMERS = """
    SELECT c.email FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE c.email IS NOT NULL AND o.cancelled_at IS NULL GROUP BY c.id
    ORDER BY count(*) BETWEEN 3 AND 12 DESC, max(o.processed_at) DESC, c.id LIMIT ?
"""


def answers(url: str) -> bool:
    """Whether a server answers a request for `url` with success."""
    try:
        return httpx.get(url, timeout=TIMEOUT_SECONDS).is_success
    except httpx.TransportError:
        return False


class Merchant:
    """The shop's owner in the development store's admin."""

    def __init__(self, store_url: str, service_url: str) -> None:
        self._client = httpx.Client(base_url=store_url, timeout=TIMEOUT_SECONDS, follow_redirects=True)
        self._service_url = service_url

    def install_app(self) -> None:
        """Install Danke and open it; DemoError when it does not open."""
        admin = self._client.post("/admin/app/install")
        frame = find_frame(admin.text)
        if not admin.is_success or frame is None:
            raise DemoError(f"The development store's admin shows no app (status {admin.status_code}).")
        _check(self._client.get(frame))

    def switch_on_thanks(self) -> str:
        """Save the app's settings of mails as the page in the admin would."""
        self._post("/sections/messages", {"thank_you": True})
        return "on"

    def end_silence(self) -> str:
        """Let shoppers see delivery windows at once, without two weeks of measuring first."""
        self._post("/tracking/silence", {"silence": "end"})
        return "ended"

    def switch_on_notices(self) -> str:
        """Let every buyer hear by mail, at any hour, when a parcel is late, waits somewhere or does not come."""
        kinds = ("delayed", "stalled", "attempt_failed", "pickup_ready", "exception")
        switches = {f"kind_{kind}": True for kind in kinds}
        off = {f"kind_{kind}": False for kind in ("shipped", "out_for_delivery", "delivered")}
        wishes = {
            "shopify_is_off": False,
            "notices_to_all": True,
            "signed_by": "Mara",
            "reply_to": "",
            "quiet_from": "00:00",
            "quiet_until": "00:00",
        }
        self._post("/sections/notices", {**switches, **off, **wishes})
        return "on"

    def _post(self, path: str, values: dict[str, Any]) -> None:
        """Send what a form of the app's page would."""
        token = self._client.post("/admin/session-token").json()["id_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        _check(self._client.post(f"{self._service_url}{path}", json=values, headers=bearer))


def _check(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise DemoError(
            f"Danke answered {answer.url.path} with status {answer.status_code}: {answer.text[:300]}"
        )


def find_proxy_path(database: Path) -> str:
    """Where the storefront forwards to the service: the app's default unless the merchant renamed it."""
    declared = read_app_declaration(PLUGIN)
    with Store(database).reading() as db:
        return "/" + "/".join(filter(None, read_proxy_path(db, declared)))


def count_history(database: Path) -> tuple[int, int]:
    """Orders and order lines in the development store."""
    with Store(database).reading() as db:
        return tuple(
            db.execute("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines)").fetchone()
        )


def find_example_customers(database: Path, most: int) -> list[str]:
    """E-mail addresses of customers to look through the eyes of; none when the history names nobody."""
    with Store(database).reading() as db:
        return [str(row["email"]) for row in db.execute(EXAMPLE_CUSTOMERS, (most,)).fetchall()]


class Shopper:
    """A customer in the storefront, logged in."""

    def __init__(self, store_url: str, proxy_path: str, email: str) -> None:
        self.email = email
        self._address = f"{proxy_path}/for-you"
        self._client = httpx.Client(base_url=store_url, timeout=TIMEOUT_SECONDS)
        answer = self._client.post("/account/login", data={"email": email})
        if answer.is_error:
            raise DemoError(f"{email} cannot log in to the storefront (status {answer.status_code}).")

    def sees_personal_products(self) -> bool:
        """Whether the storefront's own address for recommendations now gives a personal answer with products."""
        try:
            answer = self._client.get(self._address, params={"limit": 8})
            shown = answer.json() if answer.is_success else {}
        except (httpx.TransportError, ValueError):
            return False
        return shown.get("kind") == "personal" and bool(shown.get("products"))


class _FrameFinder(HTMLParser):
    found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and self.found is None:
            self.found = dict(attrs).get("src")


def find_frame(html: str) -> str | None:
    """Address of the first frame in a page."""
    finder = _FrameFinder()
    finder.feed(html)
    return finder.found
