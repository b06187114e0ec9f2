"""The ticket desk of the office."""

from flask import Flask

from helpdesk import db
from helpdesk.views import account, admin, files, tickets


def create_app(settings=None):
    app = Flask(__name__)
    app.config.from_mapping(DATABASE="helpdesk.db", UPLOADS="/srv/helpdesk/uploads")
    if settings is not None:
        app.config.from_mapping(settings)
    db.init_app(app)
    for views in (account, admin, files, tickets):
        app.register_blueprint(views.pages)
    return app
