"""Swagger UI, served from an installed package: it works without internet access."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from types import MappingProxyType

from sids_service.web.answers import Answer
from sids_service.web.errors import NotFoundError

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "swagger-ui.css": "text/css; charset=utf-8",
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "favicon-32x32.png": "image/png",
    }
)

# Relative addresses, so that the page works under any route prefix. The validator badge would ask the internet.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null}});
</script>
</body>
</html>
"""


def page(title: str) -> str:
    """The page that shows `openapi.json`."""
    return PAGE.format(title=escape(title))


def asset(name: str) -> Answer[bytes]:
    """A file that the page needs, to be kept by browsers for a day.

    Raises:
        NotFoundError: the page needs no such file.
    """
    if name not in MEDIA_TYPES:
        raise NotFoundError(f"There is no file {name!r} here; there are {', '.join(MEDIA_TYPES)}")
    content = files("openapi_ui_bundles").joinpath("swagger_ui", "vendor", name).read_bytes()
    return Answer(content, MEDIA_TYPES[name], headers={"Cache-Control": "public, max-age=86400"})
