"""Settings of the service. The only module that reads the environment; a variable is a field's name in upper case."""

import tempfile
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sids_service.errors import ConfigurationError

DASHBOARD_ORIGINS = (
    "https://lenseg.github.io,https://sids-dashboard.github.io,https://data.undp.org,"
    "http://localhost,http://localhost:8080"
)

NAME = r"^[a-z0-9](-?[a-z0-9])+$"
"""Container and queue names allowed by Azure Storage."""


class Settings(BaseSettings):
    """Settings of the service, from environment variables with the fields' names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    dataset_path: Path | None = Field(default=None, description="Folder (or mounted file share) with the three tables.")
    dataset_container_url: str | None = Field(
        default=None, description="URL of a Blob container with the three tables, read with the app's own identity."
    )
    dataset_connection_string: SecretStr | None = Field(
        default=None, description="Storage connection string for the dataset instead of an identity; meant for Azurite."
    )
    dataset_container: str = Field(default="datasets", description="Container that DATASET_CONNECTION_STRING opens.")
    dataset_cache_path: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "sids-ml-backend",
        description="Folder on local disk for packed panels.",
    )
    dataset_refresh_seconds: float = Field(
        default=60, gt=0, description="Seconds between checks for a new dataset version."
    )
    allowed_origins: str = Field(
        default=DASHBOARD_ORIGINS, description="Origins that CORS allows, separated by commas."
    )
    max_body_bytes: int = Field(
        default=32 * 2**20, gt=0, description="Largest request body in bytes; larger ones are answered 413."
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
    runs_at_once: int = Field(default=2, ge=1, description="Computations that run at the same time.")
    runs_waiting: int = Field(
        default=24,
        ge=0,
        description="Computations that may wait in memory; further requests are answered 503 with Retry-After.",
    )
    result_cache_bytes: int = Field(
        default=64 * 2**20,
        ge=0,
        description="Memory in bytes for results, which answer equal requests without computing again.",
    )
    neighbours: int = Field(
        default=5, ge=1, description="Neighbours (n_neighbors) of the k-nearest-neighbours base imputer."
    )
    jobs_storage: SecretStr | None = Field(
        default=None, description="Storage connection string for jobs instead of an identity; meant for Azurite."
    )
    jobs_storage__blobserviceuri: str | None = Field(
        default=None,
        description="Blob endpoint for jobs, https://<account>.blob.core.windows.net, with the app's identity.",
    )
    jobs_storage__queueserviceuri: str | None = Field(
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
    jobs_path: Path | None = Field(
        default=None,
        description="Folder of the local job store where no storage is set; default: under DATASET_CACHE_PATH.",
    )
    jobs_lease_seconds: float = Field(
        default=30, ge=1, description="Heartbeat timeout in seconds; after it a job is handed to another worker."
    )
    jobs_keep_days: float = Field(
        default=30, gt=0, description="Days that jobs and their results are kept after their last change."
    )

    @model_validator(mode="after")
    def _jobs_have_one_place(self) -> Self:
        uris = (self.jobs_storage__blobserviceuri, self.jobs_storage__queueserviceuri)
        if (uris[0] is None) != (uris[1] is None):
            raise PydanticCustomError(
                "jobs_storage", "JOBS_STORAGE__BLOBSERVICEURI and JOBS_STORAGE__QUEUESERVICEURI go together"
            )
        if self.jobs_storage is not None and uris[0] is not None:
            raise PydanticCustomError(
                "jobs_storage", "JOBS_STORAGE is a connection string instead of the URIs JOBS_STORAGE__…, not with them"
            )
        return self

    @field_validator("jobs_storage")
    @classmethod
    def _names_an_account(cls, secret: SecretStr | None) -> SecretStr | None:
        parts = {part.partition("=")[0] for part in secret.get_secret_value().split(";")} if secret else set()
        if secret and "AccountName" not in parts and not {"BlobEndpoint", "QueueEndpoint"} <= parts:
            raise PydanticCustomError("jobs_storage", "neither AccountName nor BlobEndpoint and QueueEndpoint in it")
        return secret


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: variables with an invalid value; the message names them.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = (
            "".join(f"{name!s}".upper() + ": " for name in fault["loc"][:1]) + fault["msg"] for fault in error.errors()
        )
        raise ConfigurationError("; ".join(faults)) from None
