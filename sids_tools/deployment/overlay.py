"""Fills in an overlay of infra/k8s with the values of one deployment: `sids overlay`.

Also runs as `python3 -m sids_tools.deployment.overlay`, for workflows without installed dependencies.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from sids_service.errors import ConfigurationError

IMAGE = re.compile(r"(?P<name>[a-z0-9.-]+/[a-z0-9./_-]+)@(?P<digest>sha256:[0-9a-f]{64})")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
OUTPUTS = ("IDENTITY_CLIENT_ID", "HOST_STORAGE_NAME", "DATASET_CONTAINER_URL", "APPLICATIONINSIGHTS_CONNECTION_STRING")
LINES = """\
# Written by `sids overlay` from the outputs of infra/bicep/aks.bicep.
APPLICATIONINSIGHTS_CONNECTION_STRING={APPLICATIONINSIGHTS_CONNECTION_STRING}
AZURE_CLIENT_ID={IDENTITY_CLIENT_ID}
AzureWebJobsStorage__accountName={HOST_STORAGE_NAME}
AzureWebJobsStorage__clientId={IDENTITY_CLIENT_ID}
APPLICATIONINSIGHTS_AUTHENTICATION_STRING=ClientId={IDENTITY_CLIENT_ID};Authorization=AAD
DATASET_CONTAINER_URL={DATASET_CONTAINER_URL}
JOBS_STORAGE__BLOBSERVICEURI=https://{HOST_STORAGE_NAME}.blob.core.windows.net
JOBS_STORAGE__QUEUESERVICEURI=https://{HOST_STORAGE_NAME}.queue.core.windows.net
JOBS_STORAGE__clientId={IDENTITY_CLIENT_ID}
"""


def fill_in(overlay: Path, outputs: Mapping[str, Mapping[str, str]], image: str, host: str) -> None:
    """Write azure.env, and the image and host of kustomization.yaml.

    Args:
        overlay: a folder of infra/k8s/overlays.
        outputs: of the deployment of aks.bicep: `az deployment sub show --query properties.outputs`.
        image: with its digest.
        host: public host name of the service.

    Raises:
        ConfigurationError: an output is missing, or image or host is malformed; nothing was written.
    """
    known = {name.upper(): str(output["value"]) for name, output in outputs.items()}
    if missing := [name for name in OUTPUTS if not known.get(name)]:
        raise ConfigurationError(f"the deployment lacks the output {', '.join(missing)}; is it one of aks.bicep?")
    if forged := [name for name in OUTPUTS if not known[name].isprintable()]:
        raise ConfigurationError(f"the output {', '.join(forged)} contains a line break")
    found = IMAGE.fullmatch(image)
    if found is None:
        raise ConfigurationError(f"image {image!r} is not a name with its digest, <registry>/<name>@sha256:<64 digits>")
    if not HOST.fullmatch(host):
        raise ConfigurationError(f"host {host!r} is not a host name such as sids-ml.example.org")
    kustomization = overlay / "kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^( +newName: ).*$", rf"\g<1>{found['name']}", text)
    text = re.sub(r"(?m)^( +digest: ).*$", rf"\g<1>{found['digest']}", text)
    text = re.sub(r"(path: /spec/(?:tls/0/hosts/0|rules/0/host), value: )[^}]+", rf"\g<1>{host}", text)
    kustomization.write_text(text, encoding="utf-8")
    (overlay / "azure.env").write_text(LINES.format_map(known), encoding="utf-8")


def main() -> None:
    """Read the command line and fill in the overlay; an error is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m sids_tools.deployment.overlay", description=__doc__)
    parser.add_argument("overlay", type=Path)
    parser.add_argument("--outputs", type=Path, required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--host", required=True)
    given = parser.parse_args()
    try:
        fill_in(given.overlay, json.loads(given.outputs.read_text(encoding="utf-8")), given.image, given.host)
    except (ConfigurationError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
