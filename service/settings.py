"""Every setting, declared once with name, type and default; a start without a required one fails by name."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env, EnvError

SHOPIFY_BASE_URL_DEFAULT = "https://{shop}"
ENVIRONMENTS = ("production", "demo", "test")
LOG_LEVELS = ("debug", "info", "warning", "error")
_KEY_BYTES = 32


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs from one installation of Danke to the next. `from_environment` is the only way in."""

    environment: str
    shopify_api_key: str
    shopify_api_secrets: tuple[str, ...]
    shopify_app_url: str
    shopify_base_url: str
    app_bridge_url: str
    polaris_url: str
    database_url: str
    redis_url: str
    data_dir: Path
    encryption_keys: tuple[str, ...]
    smtp_url: str
    mail_from: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from: str
    twilio_base_url: str
    whatsapp_token: str
    whatsapp_phone_id: str
    whatsapp_app_secret: str
    whatsapp_verify_token: str
    whatsapp_base_url: str
    base_urls: Mapping[str, str]
    """Every `…_BASE_URL` that is set, by name: what has an address of its own is reached there instead."""
    metrics_token: str
    host: str
    port: int
    web_workers: int
    web_threads: int
    sender_threads: int
    proxy_hops: int
    log_level: str

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read and check all settings from the process's environment.

        Raises SettingsError naming the setting that is missing, malformed or refused in production.
        """
        try:
            settings = _read(Env())
        except EnvError as error:
            raise SettingsError(str(error)) from error
        _check(settings)
        return settings


def _read(env: Env) -> Settings:
    data_dir = Path(env.str("DATA_DIR", ".danke")).resolve()
    previous = env.str("SHOPIFY_API_SECRET_PREVIOUS", "")
    secrets = (env.str("SHOPIFY_API_SECRET"), previous)
    return Settings(
        environment=env.str("DANKE_ENV", "production"),
        shopify_api_key=env.str("SHOPIFY_API_KEY"),
        shopify_api_secrets=tuple(secret for secret in secrets if secret),
        shopify_app_url=env.str("SHOPIFY_APP_URL").rstrip("/"),
        shopify_base_url=env.str("SHOPIFY_BASE_URL", SHOPIFY_BASE_URL_DEFAULT).rstrip("/"),
        app_bridge_url=env.str("APP_BRIDGE_URL", "https://cdn.shopify.com/shopifycloud/app-bridge.js"),
        polaris_url=env.str("POLARIS_URL", "https://cdn.shopify.com/shopifycloud/polaris-1.js"),
        database_url=env.str("DATABASE_URL", f"sqlite:///{data_dir / 'danke.db'}"),
        redis_url=env.str("REDIS_URL"),
        data_dir=data_dir,
        encryption_keys=tuple(filter(None, env.str("ENCRYPTION_KEYS").split(","))),
        smtp_url=env.str("SMTP_URL", ""),
        mail_from=env.str("MAIL_FROM", ""),
        twilio_account_sid=env.str("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=env.str("TWILIO_AUTH_TOKEN", ""),
        twilio_from=env.str("TWILIO_FROM", ""),
        twilio_base_url=env.str("TWILIO_BASE_URL", "https://api.twilio.com").rstrip("/"),
        whatsapp_token=env.str("WHATSAPP_TOKEN", ""),
        whatsapp_phone_id=env.str("WHATSAPP_PHONE_ID", ""),
        whatsapp_app_secret=env.str("WHATSAPP_APP_SECRET", ""),
        whatsapp_verify_token=env.str("WHATSAPP_VERIFY_TOKEN", ""),
        whatsapp_base_url=env.str("WHATSAPP_BASE_URL", "https://graph.facebook.com").rstrip("/"),
        base_urls={name: env.str(name).rstrip("/") for name in environ if name.endswith("_BASE_URL")},
        metrics_token=env.str("METRICS_TOKEN", ""),
        host=env.str("HOST", "127.0.0.1"),
        port=env.int("PORT", 8000),
        web_workers=env.int("WEB_WORKERS", 2),
        web_threads=env.int("WEB_THREADS", 1),
        sender_threads=env.int("SENDER_THREADS", 8),
        proxy_hops=env.int("PROXY_HOPS", 1),
        log_level=env.str("LOG_LEVEL", "info"),
    )


def _check(settings: Settings) -> None:
    if settings.environment not in ENVIRONMENTS:
        raise SettingsError(f"DANKE_ENV must be one of {', '.join(ENVIRONMENTS)}")
    if not settings.shopify_api_secrets:
        raise SettingsError("SHOPIFY_API_SECRET must not be empty")
    if not settings.encryption_keys or not all(map(_is_key, settings.encryption_keys)):
        raise SettingsError(
            "ENCRYPTION_KEYS must hold keys as `danke keys new` prints them, separated by commas"
        )
    if settings.proxy_hops < 0:
        raise SettingsError("PROXY_HOPS must be 0 or more")
    if settings.log_level not in LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in {"smtp", "smtps", "smtp+starttls"}:
        raise SettingsError("SMTP_URL must look like smtp+starttls://user:password@host:587")
    if settings.smtp_url and not settings.mail_from:
        raise SettingsError("MAIL_FROM must name the sender's address when SMTP_URL is set")
    if settings.is_production:
        _check_production(settings)


def _is_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text)) == _KEY_BYTES
    except ValueError:
        return False


def _check_production(settings: Settings) -> None:
    if settings.shopify_base_url != SHOPIFY_BASE_URL_DEFAULT:
        raise SettingsError(f"SHOPIFY_BASE_URL must be {SHOPIFY_BASE_URL_DEFAULT} in production")
    if not settings.shopify_app_url.startswith("https://"):
        raise SettingsError("SHOPIFY_APP_URL must start with https:// in production")
