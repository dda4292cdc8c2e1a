"""The web application: doors, guards, logs and errors put together."""

from flask import Flask

from service.admin.doors import BLUEPRINTS as ADMIN_BLUEPRINTS
from service.health import blueprint as health
from service.inbox.receiving import blueprint as webhooks
from service.kit.guards import refuse_unguarded_routes
from service.kit.request_log import install_error_answers, install_request_log
from service.recommendations.widget_api import blueprint as recommendations
from service.settings import Settings
from service.starting import create_runtime


def create_app(settings: Settings) -> Flask:
    """The Flask application of one web process. Raises RuntimeError when a route has no guard."""
    create_runtime(settings)
    app = Flask("service", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    install_request_log(app)
    install_error_answers(app)
    for blueprint in (webhooks, recommendations, health, *ADMIN_BLUEPRINTS):
        app.register_blueprint(blueprint)
    refuse_unguarded_routes(app)
    return app
