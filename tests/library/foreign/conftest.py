"""A table written to a file, and what is understood of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sids_core.foreign.options import TableOptions
from sids_core.foreign.read import ForeignTables, read


@dataclass(frozen=True)
class Understood:
    """What was read: values by country, indicator and year, and the messages by kind."""

    tables: ForeignTables

    @property
    def values(self) -> dict[tuple[str, str, int], float]:
        assert self.tables.content is not None, self.tables.report.errors
        series = self.tables.content.series
        return {
            (series.countries[series.country[row]], series.indicators[series.indicator[row]], year): float(value)
            for row, values in enumerate(series.values)
            for year, value in zip(series.years, values, strict=True)
            if value == value
        }

    @property
    def notes(self) -> dict[str, str]:
        return {issue.kind: issue.message for issue in self.tables.report.repairs}

    @property
    def errors(self) -> list[str]:
        return [issue.message for issue in self.tables.report.errors]

    @property
    def preview(self) -> str:
        return "\n".join(self.tables.understood)

    def meta(self, code: str) -> dict[str, str]:
        assert self.tables.content is not None
        return next(dict(row) for row in self.tables.content.indicators if row["Indicator Code"] == code)


Understand = Callable[..., Understood]


@pytest.fixture
def understand(tmp_path: Path) -> Understand:
    """Writes a text, or takes a file, and reads it."""

    def read_it(text: str | Path, name: str = "data.csv", written: str = "utf-8", **options: object) -> Understood:
        path = tmp_path / name if isinstance(text, str) else text
        if isinstance(text, str):
            path.write_bytes(text.encode(written))
        return Understood(read([path], TableOptions(**options)))  # type: ignore[arg-type]

    return read_it
