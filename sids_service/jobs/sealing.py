"""How the stores keep records, requests and results: with a digest, since damaged bytes may still be valid JSON.

What is damaged counts as lost: a result is computed again when it is asked for, a job is submitted again.
"""

import logging

from pydantic import ValidationError

from sids_service.jobs.job import JobRecord
from sids_service.storage.seal import DamagedError, sealed, unsealed

RECORDS = "records"

logger = logging.getLogger(__name__)


def sealed_record(job: JobRecord, tag: str = "") -> bytes:
    """A record as stored; with a tag if that is stored beside it."""
    return sealed(job.model_dump_json().encode(), f"{RECORDS}/{job.id}{tag}")


def unsealed_record(stored: bytes, job_id: str, tag: str = "") -> JobRecord | None:
    """The record of a job; None if it or its tag is damaged, which is logged."""
    try:
        return JobRecord.model_validate_json(unsealed(stored, f"{RECORDS}/{job_id}{tag}"))
    except (DamagedError, ValidationError) as error:
        logger.warning("the record of job %s is removed: %s", job_id, error)
        return None


def sealed_content(content: bytes, part: str, job_id: str) -> bytes:
    """A request or a result as stored."""
    return sealed(content, f"{part}/{job_id}")


def unsealed_content(stored: bytes, part: str, job_id: str) -> bytes | None:
    """A request or a result; None if it is damaged, which is logged."""
    try:
        return unsealed(stored, f"{part}/{job_id}")
    except DamagedError as error:
        logger.warning("%s", error)
        return None
