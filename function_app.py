"""Entry point of the Functions host: settings, dataset, and the app of the selected models.

Run as a program it only checks the settings: `python function_app.py` exits with code 2 and the reason in one line if
they are invalid, so that a container can end before it starts a host.
"""

import logging
import sys

from blueprints.app import build_app, build_unconfigured_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.settings import read_settings
from sids_service.telemetry.exporters import open_telemetry
from sids_service.telemetry.telemetry import OFF
from sids_service.web.request_ids import mark_log_lines

mark_log_lines()
try:
    settings = read_settings()
    dataset = open_panel_source(settings)
    telemetry = OFF if __name__ == "__main__" else open_telemetry(settings)
    app = build_app(Context(settings, dataset, telemetry), autostart=True)
    logging.getLogger(__name__).info("access: %s", app.api.state.access)
except ConfigurationError as error:
    if __name__ == "__main__":
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    # After an import error the host would show an app without functions; these say what is wrong.
    logging.getLogger(__name__).critical("%s", error)
    app = build_unconfigured_app(error)
