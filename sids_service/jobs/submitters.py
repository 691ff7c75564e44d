"""Who asked for a job, and who may therefore cancel it.

The id of a job is a digest that everybody can compute, so it proves nothing. Each submission gets a random token of its
own; the record keeps a digest of it. A job stops when everybody who asked for it has cancelled.
"""

from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from sids_service.jobs.errors import NotSubmittedError
from sids_service.jobs.job import JobRecord

MOST_SUBMITTERS = 20
"""Submitters that a record keeps. A job with more can no longer be cancelled: it is wanted by many."""

TOKEN_BYTES = 32


def new_token() -> str:
    """A token that cannot be guessed."""
    return token_urlsafe(TOKEN_BYTES)


def asked_first(job: JobRecord, token: str | None, earlier: JobRecord | None = None) -> JobRecord:
    """A fresh record with its only submitter.

    Args:
        job: the fresh record.
        token: the submitter's; None for one that never cancels.
        earlier: the ended job that the fresh one follows. Its submitters no longer wait, so that the new job does not
            depend on them; their tokens remain known, so that a repeated cancellation is still no error.
    """
    past = (*earlier.withdrawn, *earlier.submitters)[-MOST_SUBMITTERS:] if earlier else ()
    return asked_again(job.model_copy(update={"withdrawn": past}), token)


def asked_again(job: JobRecord, token: str | None) -> JobRecord:
    """The record with one more submitter; the job itself if nothing changes.

    A job that was about to stop, since all the others have cancelled, goes on.
    """
    if job.finished is not None and (token is None or not job.cancellable):
        return job
    changes: dict[str, object] = {"cancelling": False} if job.cancelling else {}
    if token is None or len(job.submitters) == MOST_SUBMITTERS:
        changes |= {"cancellable": False} if job.cancellable else {}
    else:
        changes |= {"submitters": (*job.submitters, _digest(token))}
    return job.model_copy(update=changes) if changes else job


def without(job: JobRecord, token: str | None) -> JobRecord:
    """The record without the token's submitter; the job itself if that one has cancelled before.

    Raises:
        NotSubmittedError: no token, or not one of this job.
    """
    digest = _digest(token or "")
    # Every digest is compared, each in constant time, so that the time tells nothing about the stored ones.
    waiting = [compare_digest(digest, each) for each in job.submitters]
    before = [compare_digest(digest, each) for each in job.withdrawn]
    if any(waiting):
        others = tuple(each for each in job.submitters if each != digest)
        gone = (*job.withdrawn, digest)[-MOST_SUBMITTERS:]
        return job.model_copy(update={"submitters": others, "withdrawn": gone})
    if any(before):
        return job
    raise NotSubmittedError(
        f"Cancelling needs the Cancel-Token header of the 202 answer to a request for this job. A job that more than "
        f"{MOST_SUBMITTERS} have asked for cannot be cancelled"
    )


def wanted(job: JobRecord) -> bool:
    """Whether somebody still waits for the result."""
    return bool(job.submitters) or not job.cancellable


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
