"""Settings of the service. The only module that reads the environment; a variable is a field's name in upper case."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sids_core.imputation.config import ImputationConfig
from sids_service import addresses
from sids_service.errors import ConfigurationError
from sids_service.storage.cache_folder import default_folder, prepare

DASHBOARD_ORIGINS = (
    "https://lenseg.github.io,https://sids-dashboard.github.io,https://undp-data.github.io,https://data.undp.org,"
    "http://localhost,http://localhost:8080"
)

NAME = r"^[a-z0-9](-?[a-z0-9])+$"
"""Container and queue names allowed by Azure Storage."""

ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
NAMES = r"^[!#-+./-\[\]-~-]+(,[!#-+./-\[\]-~-]+)*$"
"""Names that OAuth allows (RFC 6749, section 3.3), separated by commas."""

QUOTES = "'\"`‘’“”"
PREFIX = "Value error, "
"""Pydantic's, before the messages of ValueErrors."""

A_WEEK, A_YEAR = 7 * 86_400, 366 * 86_400


def _checked(check: Callable[[str], None]) -> AfterValidator:
    def checked(text: str) -> str:
        check(text)
        return text

    return AfterValidator(checked)


def _folder(path: Path) -> Path:
    """A folder that exists, or can be created: the next existing path above is a folder, too."""
    # os.path raises nothing for paths that are unreadable or too long; those are reported by whoever opens them.
    existing = next((each for each in (path, *path.absolute().parents) if os.path.exists(each)), None)  # noqa: PTH110
    if existing is not None and not os.path.isdir(existing):  # noqa: PTH112
        raise ValueError(f"{existing} is not a folder")
    return path


Folder = Annotated[Path, AfterValidator(_folder)]
BlobEndpoint = Annotated[str, _checked(lambda url: addresses.check_endpoint(url, "blob"))]
QueueEndpoint = Annotated[str, _checked(lambda url: addresses.check_endpoint(url, "queue"))]


class Settings(BaseSettings):
    """Settings of the service, from environment variables with the fields' names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    dataset_path: Folder | None = Field(
        default=None, description="Folder (or mounted file share) with the three tables."
    )
    dataset_container_url: str | None = Field(
        default=None, description="URL of a Blob container with the three tables, read with the app's own identity."
    )
    dataset_connection_string: SecretStr | None = Field(
        default=None, description="Storage connection string for the dataset instead of an identity; meant for Azurite."
    )
    dataset_container: str = Field(
        default="datasets",
        pattern=NAME,
        min_length=3,
        max_length=63,
        description="Container that DATASET_CONNECTION_STRING opens.",
    )
    dataset_cache_path: Folder = Field(
        default_factory=default_folder, description="Folder on local disk for packed panels."
    )
    dataset_refresh_seconds: float = Field(
        default=60, gt=0, le=A_YEAR, description="Seconds between checks for a new dataset version."
    )
    keep_unknown_countries: bool = Field(
        default=False,
        description="Whether rows of codes that are no country, such as aggregates, are kept and learnt from.",
    )
    allowed_origins: str = Field(
        default=DASHBOARD_ORIGINS, description="Origins that CORS allows, separated by commas, or * for all."
    )
    max_body_bytes: int = Field(
        default=32 * 2**20,
        gt=0,
        description="Largest body of a survey in bytes; all others, and surveys without answers, have at most 1 MB.",
    )
    model_service: str = Field(
        default="all", description="Models that this process serves, separated by commas, or all."
    )
    target_missing_percent: float = Field(
        default=80, gt=0, le=100, description="Missingness in percent below which an indicator can be a target."
    )
    predictor_missing_percent: float = Field(
        default=30, gt=0, le=100, description="Missingness in percent below which an indicator can be a predictor."
    )
    cross_validation_folds: int = Field(default=5, ge=2, le=20, description="Number of cross-validation folds.")
    runs_at_once: int = Field(default=2, ge=1, le=1000, description="Computations that run at the same time.")
    runs_waiting: int = Field(
        default=24,
        ge=0,
        description="Requests that may wait in memory, surveys and other short work half of them; further ones are "
        "answered 503 with Retry-After.",
    )
    run_seconds: float = Field(
        default=300,
        gt=0,
        le=A_WEEK,
        description="Seconds after which a computation is given up and answered 422.",
    )
    result_cache_bytes: int = Field(
        default=64 * 2**20,
        ge=0,
        description="Memory in bytes for results, which answer equal requests without computing again.",
    )
    neighbours: int = Field(
        default=5, ge=1, le=1000, description="Neighbours (n_neighbors) of the k-nearest-neighbours base imputer."
    )
    jobs_storage: SecretStr | None = Field(
        default=None, description="Storage connection string for jobs instead of an identity; meant for Azurite."
    )
    jobs_storage__blobserviceuri: BlobEndpoint | None = Field(
        default=None,
        description="Blob endpoint for jobs, https://<account>.blob.core.windows.net, with the app's identity.",
    )
    jobs_storage__queueserviceuri: QueueEndpoint | None = Field(
        default=None,
        description="Queue endpoint for jobs, https://<account>.queue.core.windows.net; triggers use it too.",
    )
    jobs_container: str = Field(
        default="jobs",
        pattern=NAME,
        min_length=3,
        max_length=63,
        description="Blob container for job records, requests and results.",
    )
    jobs_queue: str = Field(
        default="sids-jobs",
        pattern=NAME,
        min_length=3,
        max_length=63 - len("-poison"),
        description="Job queue; processes that share it must serve the same models.",
    )
    jobs_path: Folder | None = Field(
        default=None,
        description="Folder of the local job store where no storage is set; default: under DATASET_CACHE_PATH.",
    )
    jobs_lease_seconds: float = Field(
        default=30,
        ge=1,
        le=A_WEEK,  # the longest time that Azure hides a message
        description="Heartbeat timeout in seconds; after it a job is handed to another worker.",
    )
    jobs_keep_days: float = Field(
        default=30, gt=0, le=36_500, description="Days that jobs and their results are kept after their last change."
    )

    jobs_waiting: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Jobs of all clients that may wait or run; further ones are answered 503 with Retry-After.",
    )
    jobs_waiting_per_client: int = Field(
        default=50,
        ge=1,
        le=100_000,
        description="Jobs of one client that may wait or run; further ones are answered 429 with Retry-After.",
    )
    jobs_waiting_bytes: int = Field(
        default=2 * 2**30,
        ge=2**20,
        description="Bytes of the requests of waiting jobs; one client may have the same share as of the jobs.",
    )
    jobs_stored_bytes: int = Field(
        default=8 * 2**30,
        ge=2**20,
        description="Bytes of all requests and results that are kept; beyond them the oldest are removed.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses and networks of proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    access: Literal["anonymous", "keys", "entra"] = Field(
        default="anonymous",
        description="Who is let in: everybody, who has a key of the Functions host, or a token of Entra ID.",
    )
    access_protects: str = Field(
        default="",
        description="What needs the key or token, separated by commas: all (the default), catalogue, computations, "
        "jobs, or models by name. Health, readiness and the pages stay open.",
    )
    entra_tenant: str | None = Field(
        default=None, pattern=ID, description="Id of the tenant whose tokens are accepted with ACCESS=entra."
    )
    entra_audience: str | None = Field(
        default=None,
        pattern=NAMES,
        description="Audiences of accepted tokens, separated by commas: the id of the app registration, and its URI.",
    )
    entra_roles: str = Field(
        default="Sids.Use",
        pattern=NAMES,
        description="App roles and scopes of which a token needs one, separated by commas.",
    )
    entra_authority: str = Field(
        default="https://login.microsoftonline.com", description="Address of Entra ID; other clouds have other ones."
    )
    otel_exporter_otlp_endpoint: Annotated[str, _checked(addresses.check_collector)] | None = Field(
        default=None,
        description="Base URL of a collector that takes traces, metrics and logs by OTLP over HTTP (port 4318).",
    )
    applicationinsights_connection_string: SecretStr | None = Field(
        default=None, description="Application Insights resource that takes traces, metrics and logs."
    )

    def imputation_config(self) -> ImputationConfig:
        """The operator's configuration of imputations: limits of missingness, folds and neighbours."""
        return ImputationConfig(
            target_missing_percent=self.target_missing_percent,
            predictor_missing_percent=self.predictor_missing_percent,
            n_folds=self.cross_validation_folds,
            n_neighbors=self.neighbours,
        )

    @model_validator(mode="before")
    @classmethod
    def _without_white_space(cls, values: dict[str, Any]) -> dict[str, Any]:
        """White space around a value is not part of it; a blank value means the default."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("*", mode="before")
    @classmethod
    def _plain_text(cls, value: object) -> object:
        if isinstance(value, str) and value:
            if value[0] in QUOTES or value[-1] in QUOTES:
                raise ValueError("has quotation marks, which are not part of a value")
            if not value.isprintable():
                raise ValueError("contains a line break or another character that is not printable")
        return value

    @field_validator("jobs_storage")
    @classmethod
    def _connects(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            addresses.check_connection_string(secret.get_secret_value(), ("blob", "queue"))
        return secret

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        return ",".join(addresses.origins(text))

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        return ",".join(map(str, addresses.networks(text)))

    @field_validator("entra_tenant", mode="before")
    @classmethod
    def _in_lower_case(cls, text: object) -> object:
        return text.lower() if isinstance(text, str) else text

    @field_validator("entra_audience", "entra_roles", "access_protects", mode="before")
    @classmethod
    def _without_spaces(cls, text: object) -> object:
        return ",".join(filter(None, map(str.strip, text.split(",")))) if isinstance(text, str) else text

    @field_validator("entra_authority")
    @classmethod
    def _is_authority(cls, text: str) -> str:
        addresses.check_authority(text)
        return text.rstrip("/")

    @model_validator(mode="after")
    def _access_is_what_was_meant(self) -> Self:
        for name, value in (("ENTRA_TENANT", self.entra_tenant), ("ENTRA_AUDIENCE", self.entra_audience)):
            if self.access == "entra" and value is None:
                raise ValueError(f"ACCESS is entra, which needs {name}")
            if self.access != "entra" and value is not None:
                raise ValueError(f"{name} is set, but ACCESS is {self.access}: tokens would not be checked")
        if self.access == "anonymous" and self.access_protects:
            raise ValueError("ACCESS_PROTECTS is set, but ACCESS is anonymous: nothing would be protected")
        if self.access == "keys" and os.environ.get("FUNCTIONS_CORETOOLS_ENVIRONMENT"):
            raise ValueError("ACCESS: keys are not checked by `func start`; choose anonymous or entra there")
        return self

    @model_validator(mode="after")
    def _cache_is_private(self) -> Self:
        prepare(self.dataset_cache_path)
        return self

    @model_validator(mode="after")
    def _jobs_have_one_place(self) -> Self:
        uris = (self.jobs_storage__blobserviceuri, self.jobs_storage__queueserviceuri)
        if (uris[0] is None) != (uris[1] is None):
            raise ValueError("JOBS_STORAGE__BLOBSERVICEURI and JOBS_STORAGE__QUEUESERVICEURI go together")
        if self.jobs_storage is not None and uris[0] is not None:
            raise ValueError("JOBS_STORAGE is a connection string instead of the URIs JOBS_STORAGE__…, not with them")
        return self


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: variables with an invalid value; the message is one line that names them and what is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = (
            "".join(f"{name!s}".upper() + ": " for name in fault["loc"][:1]) + fault["msg"].removeprefix(PREFIX)
            for fault in error.errors()
        )
        raise ConfigurationError("; ".join(faults)) from None
