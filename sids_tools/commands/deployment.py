"""`package`, `service`, `overlay`, `function-lists`: write the deployment files from a checkout."""

import json
from pathlib import Path
from subprocess import CalledProcessError
from typing import Annotated

import typer

from sids_core.errors import SidsError
from sids_service.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
K8S = PROJECT / "infra" / "k8s"


def package(
    python_version: Annotated[str, typer.Option(help="The Python of the function app: 3.12, 3.13.")] = "3.13",
    out: Annotated[Path, typer.Option(help="Folder for the zips.", show_default="build")] = PROJECT / "build",
) -> None:
    """Build the zip packages for Azure Functions, and list the largest parts. Exit code 1 above 250 MB unpacked.

    functions.zip holds the code and its trimmed dependencies, ready to run: the workflows deploy it.
    functions-source.zip holds the code and requirements.txt: `azd deploy` and `func publish` build it on Azure.

    \b
    Example:
      sids package --python-version 3.12
    """  # noqa: D301
    from sids_tools.deployment.package import LIMIT, build, report
    from sids_tools.deployment.trimming import size

    _check_checkout()
    if python_version not in VERSIONS:
        raise ConfigurationError(f"--python-version {python_version!r} is unknown; allowed: {', '.join(VERSIONS)}")
    try:
        folder = build(PROJECT, out, python_version)
    except CalledProcessError as error:
        raise SidsError(str(error)) from error
    typer.echo(report(folder, out), nl=False)
    if size(folder) > LIMIT:
        raise SidsError(f"the package is larger than {LIMIT / 1e6:.0f} MB unpacked")


def service(
    name: Annotated[str, typer.Option(prompt="Service name", help="Lower-case letters, digits and -.")],
    model: Annotated[str, typer.Option(prompt="Model", help="The model to serve, as in MODEL_SERVICE.")],
    volume: Annotated[
        str, typer.Option(prompt="Shared volume with the datasets (none, blob, file)", help="none, blob or file.")
    ] = "none",
    volume_name: Annotated[str, typer.Option(help="<storage account>/<container or share>; prompted if needed.")] = "",
    cpu: Annotated[str, typer.Option(prompt="CPU request", help="Cores: 500m, 2.")] = "500m",
    cpu_limit: Annotated[str, typer.Option(prompt="CPU limit", help="Cores: 500m, 2.")] = "2",
    memory: Annotated[str, typer.Option(prompt="Memory request", help="512Mi, 2Gi.")] = "1Gi",
    memory_limit: Annotated[str, typer.Option(prompt="Memory limit", help="512Mi, 2Gi.")] = "2Gi",
    node_pool: Annotated[
        str, typer.Option(prompt="Node pool (empty: any node)", help="A pool of aks.bicep's extraPools.")
    ] = "",
) -> None:
    """Write the Kubernetes manifests of a service for one model into infra/k8s. Prompts for options left out.

    \b
    Examples:
      sids service
      sids service --name survey --model survey --volume none --cpu 500m --cpu-limit 2 \\
        --memory 1Gi --memory-limit 2Gi --node-pool ""
    """  # noqa: D301
    from blueprints import MODELS
    from sids_tools.deployment.function_lists import function_list, functions_of
    from sids_tools.deployment.service import Service, write_service

    _check_checkout()
    if volume in {"blob", "file"} and not volume_name:
        volume_name = typer.prompt("Volume name (<storage account>/<container or share>)")
    new = Service(name, model, volume, volume_name, cpu, cpu_limit, memory, memory_limit, node_pool)
    new.check(MODELS)
    for path in write_service(new, function_list("http", model, functions_of(model)), K8S):
        typer.echo(f"wrote infra/k8s/{path}")
    typer.echo("Check the result: kubectl kustomize infra/k8s/overlays/one-service-per-model")


def overlay(
    folder: Annotated[Path, typer.Argument(help="An overlay: infra/k8s/overlays/dev.")],
    outputs: Annotated[Path, typer.Option(help="Outputs of the deployment of infra/bicep/aks.bicep, as JSON.")],
    image: Annotated[str, typer.Option(help="<registry>/<name>@sha256:<digest>.")],
    host: Annotated[str, typer.Option(help="Public host name of the service.")],
) -> None:
    """Write the addresses, identity, image and host of one deployment into an overlay of infra/k8s.

    \b
    Example:
      az deployment sub show --name sids-ml-aks-dev --query properties.outputs > outputs.json
      sids overlay infra/k8s/overlays/dev --outputs outputs.json --host sids-ml.example.org \\
        --image <registry>/sids-ml-backend@sha256:<digest>
    """  # noqa: D301
    from sids_tools.deployment.overlay import fill_in

    try:
        values = json.loads(outputs.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{outputs} is not JSON: {error}") from error
    fill_in(folder, values, image, host)


def function_lists() -> None:
    """Rewrite every functions.env of infra/k8s, after functions were added, renamed or removed.

    \b
    Example:
      sids function-lists
    """  # noqa: D301
    from sids_tools.deployment.function_lists import function_list, functions_of, read_header

    _check_checkout()
    for path in sorted(K8S.glob("**/functions.env")):
        kind, models = read_header(path)
        path.write_text(function_list(kind, models, functions_of(models)), encoding="utf-8")
        typer.echo(f"wrote {path.relative_to(PROJECT)}")


def _check_checkout() -> None:
    if not K8S.is_dir():
        raise ConfigurationError("this command needs a checkout of the repository: it reads and writes its files")
