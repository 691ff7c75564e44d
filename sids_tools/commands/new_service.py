"""`new-service`: the manifests of one model in pods of its own."""

from typing import Annotated

import typer

from sids_tools.commands.functions import K8S, functions_of


def new_service(
    name: Annotated[str, typer.Option(prompt="Service name", help="Lower-case letters, digits and -.")],
    model: Annotated[str, typer.Option(prompt="Model", help="The model it serves, as in MODEL_SERVICE.")],
    volume: Annotated[
        str, typer.Option(prompt="Shared volume with the datasets (none, blob, file)", help="none, blob or file.")
    ] = "none",
    volume_name: Annotated[str, typer.Option(help="<storage account>/<container or share>; asked for if needed.")] = "",
    cpu: Annotated[str, typer.Option(prompt="CPU request", help="Cores: 500m, 2.")] = "500m",
    cpu_limit: Annotated[str, typer.Option(prompt="CPU limit", help="Cores: 500m, 2.")] = "2",
    memory: Annotated[str, typer.Option(prompt="Memory request", help="512Mi, 2Gi.")] = "1Gi",
    memory_limit: Annotated[str, typer.Option(prompt="Memory limit", help="512Mi, 2Gi.")] = "2Gi",
    node_pool: Annotated[
        str, typer.Option(prompt="Node pool (empty: any node)", help="A pool of aks.bicep's extraPools.")
    ] = "",
) -> None:
    """Write Deployment, path, scaling and volume of a service into infra/k8s. Asks for what is not given.

    \b
    Examples:
      sids new-service
      sids new-service --name survey --model survey --volume none --cpu 500m --cpu-limit 2 \\
        --memory 1Gi --memory-limit 2Gi --node-pool ""
    """  # noqa: D301
    from blueprints import MODELS
    from sids_tools.deployment.function_lists import function_list
    from sids_tools.deployment.service import Service
    from sids_tools.deployment.service_files import write_service

    if volume in {"blob", "file"} and not volume_name:
        volume_name = typer.prompt("Volume name (<storage account>/<container or share>)")
    service = Service(name, model, volume, volume_name, cpu, cpu_limit, memory, memory_limit, node_pool)
    service.check(MODELS)
    for path in write_service(service, function_list("http", model, functions_of(model)), K8S):
        typer.echo(f"wrote infra/k8s/{path}")
    typer.echo("Now look at it: kubectl kustomize infra/k8s/overlays/one-service-per-model")
