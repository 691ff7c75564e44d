"""The only reader of the environment. Every setting of the service is a field here, and its name in upper case."""

import tempfile
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sids_core.errors import ConfigurationError

DASHBOARD_ORIGINS = (
    "https://lenseg.github.io,https://sids-dashboard.github.io,https://data.undp.org,"
    "http://localhost,http://localhost:8080"
)


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


def read_settings() -> Settings:
    """The settings that the environment holds; ConfigurationError names the variables that hold something else."""
    try:
        return Settings()
    except ValidationError as error:
        faults = (f"{fault['loc'][0]!s}".upper() + f": {fault['msg']}" for fault in error.errors())
        raise ConfigurationError("; ".join(faults)) from None
