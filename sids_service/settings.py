"""The only reader of the environment. Every setting of the service is a field here, and its name in upper case."""

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
"""Of containers and queues, as Azure Storage allows them."""


class Settings(BaseSettings):
    """What an operator can set, read from environment variables of the same names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    dataset_path: Path | None = Field(default=None, description="Folder (or mounted file share) with the three tables.")
    dataset_container_url: str | None = Field(
        default=None, description="Blob container with the three tables, read with the app's own identity."
    )
    dataset_connection_string: SecretStr | None = Field(
        default=None, description="Storage connection string instead of an identity; meant for Azurite."
    )
    dataset_container: str = Field(
        default="datasets", description="The container that DATASET_CONNECTION_STRING opens."
    )
    dataset_cache_path: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "sids-ml-backend",
        description="Folder on local disk for packed datasets.",
    )
    dataset_refresh_seconds: float = Field(
        default=60, gt=0, description="Seconds between two looks for a changed dataset."
    )
    allowed_origins: str = Field(
        default=DASHBOARD_ORIGINS, description="Origins that browsers may call from, separated by commas."
    )
    max_body_bytes: int = Field(default=32 * 2**20, gt=0, description="Larger request bodies are refused with 413.")
    model_service: str = Field(
        default="all", description="The models this process serves, separated by commas, or all."
    )
    target_missing_percent: float = Field(
        default=80, gt=0, le=100, description="An indicator missing in fewer countries than this can be a target."
    )
    predictor_missing_percent: float = Field(
        default=30, gt=0, le=100, description="An indicator missing in fewer countries than this can be a predictor."
    )
    cross_validation_folds: int = Field(default=5, ge=2, le=20, description="Folds of the cross-validation.")
    runs_at_once: int = Field(default=2, ge=1, description="Runs of a model that compute at the same time.")
    runs_waiting: int = Field(
        default=24, ge=0, description="Runs that wait for their turn; more are answered 503 with Retry-After."
    )
    result_cache_bytes: int = Field(
        default=64 * 2**20, ge=0, description="Memory for results, so that an equal request is not computed again."
    )
    neighbours: int = Field(default=5, ge=1, description="Neighbours of the k-nearest-neighbours imputer.")
    jobs_storage: SecretStr | None = Field(
        default=None, description="Storage connection string for jobs instead of an identity; meant for Azurite."
    )
    jobs_storage__blobserviceuri: str | None = Field(
        default=None, description="https://<account>.blob.core.windows.net: jobs, used with the app's own identity."
    )
    jobs_storage__queueserviceuri: str | None = Field(
        default=None, description="https://<account>.queue.core.windows.net: their queue; the queue trigger reads it."
    )
    jobs_container: str = Field(
        default="jobs", pattern=NAME, min_length=3, max_length=63, description="The Blob container of the jobs."
    )
    jobs_queue: str = Field(
        default="sids-jobs",
        pattern=NAME,
        min_length=3,
        max_length=63 - len("-poison"),
        description="Queue of the jobs; workers that serve other models need another one.",
    )
    jobs_path: Path | None = Field(
        default=None,
        description="Folder for jobs where no storage is set; `jobs` under DATASET_CACHE_PATH where left out.",
    )
    jobs_lease_seconds: float = Field(
        default=30, ge=1, description="A worker that gave no sign of life for so long has lost its job to the next."
    )
    jobs_keep_days: float = Field(default=30, gt=0, description="Days that jobs and their results are kept.")

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
    """The settings that the environment holds; ConfigurationError names the variables that hold something else."""
    try:
        return Settings()
    except ValidationError as error:
        faults = (
            "".join(f"{name!s}".upper() + ": " for name in fault["loc"][:1]) + fault["msg"] for fault in error.errors()
        )
        raise ConfigurationError("; ".join(faults)) from None
