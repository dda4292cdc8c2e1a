"""The web application: doors, guards, logs and errors put together."""

from flask import Flask

from service.admin.doors import BLUEPRINTS as ADMIN_BLUEPRINTS
from service.feedback import pages as feedback
from service.health import blueprint as health
from service.inbox.receiving import blueprint as webhooks
from service.kit.guards import refuse_unguarded_routes
from service.kit.request_log import install_error_answers, install_request_log
from service.messages.senders.receipts import blueprint as receipts
from service.messages.sign_up import blueprint as sign_up
from service.recommendations.extension_api import blueprint as recommendations_of_extensions
from service.recommendations.widget_api import blueprint as recommendations
from service.settings import Settings
from service.shops.theme_assets import blueprint as theme_assets
from service.starting import create_runtime
from service.tracking.extension_api import blueprint as tracking_of_extensions
from service.tracking.page.pages import blueprint as tracking
from service.tracking.voices import has_come


def create_app(settings: Settings) -> Flask:
    """The Flask application of one web process. Raises RuntimeError when a route has no guard."""
    create_runtime(settings)
    app = Flask("service", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    install_request_log(app)
    install_error_answers(app)
    of_extensions = (recommendations_of_extensions, tracking_of_extensions)
    for blueprint in (
        webhooks,
        recommendations,
        theme_assets,
        tracking,
        sign_up,
        receipts,
        feedback.create_blueprint(has_come),
        *of_extensions,
        health,
        *ADMIN_BLUEPRINTS,
    ):
        app.register_blueprint(blueprint)
    refuse_unguarded_routes(app)
    return app
