"""From the settings to the dataset they name."""

from sids_core.data.blob_store import BlobStore
from sids_core.data.dataset import Dataset
from sids_core.data.errors import DatasetSettingsError
from sids_core.data.folder_store import FolderStore
from sids_core.data.store import Store
from sids_core.settings import Settings

CHOICES = ("DATASET_PATH", "DATASET_CONTAINER_URL", "DATASET_CONNECTION_STRING")


def open_dataset(settings: Settings) -> Dataset:
    """The dataset that the settings name; neither started nor looked for yet.

    Raises:
        DatasetSettingsError: they name none, more than one, or one that is malformed.
    """
    return Dataset(_store(settings), settings.dataset_cache_path, settings.dataset_refresh_seconds)


def _store(settings: Settings) -> Store:
    values = (settings.dataset_path, settings.dataset_container_url, settings.dataset_connection_string)
    given = [name for name, value in zip(CHOICES, values, strict=True) if value is not None]
    if len(given) != 1:
        found = f"{' and '.join(given)} are set" if given else "none is set"
        raise DatasetSettingsError(f"exactly one of {', '.join(CHOICES)} must say where the dataset is; {found}")
    if settings.dataset_path is not None:
        return FolderStore(settings.dataset_path)
    if settings.dataset_connection_string is not None:
        secret = settings.dataset_connection_string.get_secret_value()
        return BlobStore.by_connection_string(secret, settings.dataset_container)
    return BlobStore.by_identity(str(settings.dataset_container_url))
