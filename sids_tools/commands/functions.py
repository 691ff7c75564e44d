"""`function-lists`: the functions of the image, for the manifests that choose among them."""

from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sids_tools.deployment.function_lists import Listed

PROJECT = Path(__file__).resolve().parents[2]
K8S = PROJECT / "infra" / "k8s"


def functions_of(models: str) -> "list[Listed]":
    """The functions that a pod with this MODEL_SERVICE has, with jobs in Azure Storage. Connects to nothing."""
    from blueprints.app import build_app
    from blueprints.context import Context
    from sids_service.dataset.panel_source import open_panel_source
    from sids_service.settings import Settings
    from sids_tools.deployment.function_lists import Listed

    settings = Settings(
        dataset_path=Path(gettempdir()),
        dataset_container_url=None,
        dataset_connection_string=None,
        model_service=models,
        jobs_storage=None,
        jobs_storage__blobserviceuri="https://example.blob.core.windows.net",
        jobs_storage__queueserviceuri="https://example.queue.core.windows.net",
    )
    app = build_app(Context(settings, open_panel_source(settings)))
    return [
        Listed(str(function.get_function_name()), str(trigger.type))
        for function in app.get_functions()
        if (trigger := function.get_trigger()) is not None
    ]


def function_lists() -> None:
    """Write every functions.env of infra/k8s anew, after functions were added, renamed or removed.

    \b
    Example:
      sids function-lists
    """  # noqa: D301
    from sids_tools.deployment.function_lists import function_list, read_header

    for path in sorted(K8S.glob("**/functions.env")):
        kind, models = read_header(path)
        path.write_text(function_list(kind, models, functions_of(models)), encoding="utf-8")
        typer.echo(f"wrote {path.relative_to(PROJECT)}")
