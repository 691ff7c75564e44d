"""One batch from its plan to its files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from sids_core.imputation.catalogue import Catalogue
from sids_service.batch.manifest import manifest
from sids_service.batch.merging import merge
from sids_service.batch.outcome import Failed, Outcome, Refused, Result
from sids_service.batch.output import Output
from sids_service.batch.planning import Item, Method, Selection, plan, request
from sids_service.batch.records import Planned, Records
from sids_service.batch.report import report
from sids_service.errors import ConfigurationError
from sids_service.jobs.worker import JobHandler

Compute = Callable[[Sequence[Planned]], Iterable[tuple[Planned, Outcome]]]
Advance = Callable[[int, int], None]
"""Is told how many more have ended, and of how many."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a batch.

    Attributes:
        imputed: how many have a result.
        kept: how many had ended before.
        failures: those without a result, and why.
        passing: those among them that another try may help.
    """

    imputed: int
    kept: int
    failures: dict[Item, str]
    passing: dict[Item, str]


class Batch:
    """A plan and the place for its files, `<folder>/…` in the output."""

    def __init__(self, catalogue: Catalogue, selection: Selection, method: Method, output: Output, folder: str) -> None:
        self._catalogue = catalogue
        self._selection = selection
        self._method = method
        self._output = output
        self._folder = folder
        self._records = Records(output)

    def run(self, handler: JobHandler, compute: Compute, advance: Advance, *, resume: bool) -> Done:
        """Compute what has not ended, then write the files of all.

        Raises:
            RequestError: the plan is not possible on this data.
            ConfigurationError: the output has a batch already and this is not said to go on with it.
        """
        planned = self._plan(handler)
        ended = self._records.ended()
        if ended and not resume:
            raise ConfigurationError("--out has a batch already: go on with it by --resume, or take another place")
        left = [each for each in planned if each.id not in ended]
        advance(len(planned) - len(left), len(planned))
        passing: dict[Item, str] = {}
        for each, outcome in compute(left):
            match outcome:
                case Result(content):
                    self._records.keep_result(each, content)
                case Refused(reason):
                    self._records.keep_refusal(each, reason)
                case Failed(reason):
                    passing[each.item] = reason
            advance(1, len(planned))
        return self._write(planned, len(planned) - len(left), passing)

    def _plan(self, handler: JobHandler) -> list[Planned]:
        items = plan(self._catalogue, self._selection)
        bodies = [request(item, self._method) for item in items]
        return [
            Planned(handler.computation(body).key.digest, item, body) for item, body in zip(items, bodies, strict=True)
        ]

    def _write(self, planned: Sequence[Planned], kept: int, passing: dict[Item, str]) -> Done:
        qualities = merge(planned, self._records, self._output, self._folder)
        imputed = {quality.item for quality in qualities}
        failures = {
            each.item: passing.get(each.item) or self._records.refusal(each) or "unknown"
            for each in planned
            if each.item not in imputed
        }
        version = self._catalogue.panel.version
        content = manifest(version, self._selection, self._method, qualities, failures)
        self._output.write(f"{self._folder}/manifest.json", to_json(content, indent=2))
        title = f"{self._method.model} {self._method.scheme} on dataset version {version}"
        self._output.write(f"{self._folder}/report.md", report(title, qualities, failures).encode())
        return Done(len(qualities), kept, failures, passing)
