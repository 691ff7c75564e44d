"""Entry point of the Functions host: settings, dataset, and the app of the selected models."""

import logging

from blueprints.app import build_app
from sids_core.errors import SidsError
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import read_settings

try:
    settings = read_settings()
    dataset = open_panel_source(settings)
    app = build_app(Context(settings, dataset), autostart=True)
except SidsError as error:
    # The host shows an app that fails to load as one without functions, so the log must say why.
    logging.getLogger(__name__).critical("%s", error)
    raise
