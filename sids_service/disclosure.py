"""What clients are told of errors whose messages name hosts, paths or addresses; operators find these in the log."""

import re

from sids_core.errors import DatasetError, DataUnavailableError, SidsError
from sids_service.errors import ConfigurationError, StillLoadingError
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.settings import Settings

IN_THE_LOG = "the service's log says why"
OLD_DATASET = f"A newer version of the dataset cannot be read or is faulty; {IN_THE_LOG}"


def public_message(error: SidsError) -> str:
    """The message of an error for clients."""
    match error:
        case ConfigurationError():
            words = set(re.findall(r"\w+", str(error)))
            named = [name for name in map(str.upper, Settings.model_fields) if name in words]
            return f"The service's settings are invalid ({', '.join(named) or 'several'}); {IN_THE_LOG}"
        case StillLoadingError():
            return "The dataset is still being loaded"
        case DataUnavailableError():
            return f"No dataset is loaded: its source cannot be read, or its data is faulty; {IN_THE_LOG}"
        case DatasetError():
            return f"The dataset is faulty; {IN_THE_LOG}"
        case StoreUnavailableError():
            return f"The storage of jobs is not available; {IN_THE_LOG}"
        case _:
            return str(error)
