"""From settings to the store and the queue of the jobs."""

from hashlib import sha256
from pathlib import Path

from sids_service.jobs.blob_store import BlobJobStore
from sids_service.jobs.folder_queue import FolderQueue
from sids_service.jobs.folder_store import FolderStore
from sids_service.jobs.messages import MessageQueue
from sids_service.jobs.storage_queue import StorageQueue
from sids_service.jobs.store import JobStore
from sids_service.settings import Settings


def is_remote(settings: Settings) -> bool:
    """Whether the jobs are in Azure Storage, where a host's queue trigger finds them; else in a folder."""
    return settings.jobs_storage is not None or settings.jobs_storage__blobserviceuri is not None


def open_store(settings: Settings) -> JobStore:
    """The store that the settings name; nothing is connected to yet."""
    if settings.jobs_storage is not None:
        return BlobJobStore.by_connection_string(settings.jobs_storage.get_secret_value(), settings.jobs_container)
    if settings.jobs_storage__blobserviceuri is not None:
        return BlobJobStore.by_identity(settings.jobs_storage__blobserviceuri, settings.jobs_container)
    return FolderStore(_folder(settings) / "jobs")


def open_queue(settings: Settings) -> MessageQueue:
    """The queue that the settings name; nothing is connected to yet."""
    if settings.jobs_storage is not None:
        return StorageQueue.by_connection_string(settings.jobs_storage.get_secret_value(), settings.jobs_queue)
    if settings.jobs_storage__queueserviceuri is not None:
        return StorageQueue.by_identity(settings.jobs_storage__queueserviceuri, settings.jobs_queue)
    return FolderQueue(_folder(settings) / "queues" / settings.jobs_queue)


def _folder(settings: Settings) -> Path:
    """One for each dataset and set of models: who serves others must not take these jobs."""
    if settings.jobs_path is not None:
        return settings.jobs_path
    sources = (settings.dataset_path and settings.dataset_path.resolve(), settings.dataset_container_url)
    served = (*sources, settings.dataset_container, settings.model_service)
    return settings.dataset_cache_path / "jobs" / sha256(repr(served).encode()).hexdigest()[:16]
