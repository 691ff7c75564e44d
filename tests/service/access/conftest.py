"""An issuer on this machine, and services that accept its tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sids_service.settings import Settings
from tests.in_process_server import serving
from tests.issuer import Issuer, running_issuer

ORIGIN = "https://data.undp.org"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def service(issuer: Issuer, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a service of which everything is closed."""
    cache = tmp_path_factory.mktemp("closed")
    places = {"dataset_path": demo_data, "dataset_cache_path": cache, "jobs_path": cache}
    with serving(Settings.model_validate({**places, **issuer.settings()})) as url:
        yield url
