"""What has become of a batch's imputations so far: one small file each, written when it has ended.

This is all that is known of a batch beside its plan, so that one that was killed goes on from these files.
"""

from dataclasses import dataclass

from pydantic_core import from_json, to_json

from sids_service.batch.output import Output
from sids_service.batch.planning import Item

FOLDER = ".batch"
RESULTS, REFUSALS = f"{FOLDER}/results", f"{FOLDER}/refusals"


@dataclass(frozen=True, slots=True)
class Planned:
    """An imputation of the plan: its id, which names data, method and version, and the request for it."""

    id: str
    item: Item
    body: bytes


class Records:
    """The ended imputations by id: a result, or why the data cannot serve the request."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def ended(self) -> set[str]:
        """Ids of those that need not be computed again."""
        return {name.rpartition("/")[2] for folder in (RESULTS, REFUSALS) for name in self._output.names(folder)}

    def keep_result(self, planned: Planned, result: bytes) -> None:
        """Store an answer as the endpoint gives it."""
        self._output.write(f"{RESULTS}/{planned.item.year}/{planned.id}", result)

    def keep_refusal(self, planned: Planned, reason: str) -> None:
        """Store why there is no answer and will be none."""
        self._output.write(f"{REFUSALS}/{planned.item.year}/{planned.id}", to_json({"reason": reason}))

    def result(self, planned: Planned) -> bytes | None:
        """The answer; None where there is none."""
        return self._output.read(f"{RESULTS}/{planned.item.year}/{planned.id}")

    def refusal(self, planned: Planned) -> str | None:
        """Why there is no answer; None where nothing is known of that."""
        content = self._output.read(f"{REFUSALS}/{planned.item.year}/{planned.id}")
        return None if content is None else str(from_json(content)["reason"])
