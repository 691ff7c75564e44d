"""Items whose computation kills its process, or fails."""

import os
import signal

from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Quality, Record


def compute(item: BatchItem) -> Record:
    """By the word in the item's target: `kill` (`kill@2001`: in that year), `fail`, or any other, which succeeds."""
    word = item.target.partition("-")[2]
    if word in ("kill", f"kill@{item.year}"):
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "fail":
        raise RuntimeError(word)
    return record(item)


def record(item: BatchItem) -> Record:
    quality = Quality(
        rmse_deviation=0.1, coverage=0.9, coverage_sids=None, nominal_coverage=0.9, imputed=1, unreliable=0
    )
    return Record(indicator_json={"data": {str(item.year): {item.target: 1.0}}}, quality=quality)
