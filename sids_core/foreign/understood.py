"""What was understood of a table, in lines for people."""

from collections.abc import Iterator, Sequence

from sids_core.errors import SHOWN_CHARACTERS
from sids_core.foreign.combine import Combined, Part
from sids_core.foreign.indicators import code_of
from sids_core.foreign.layout import Form, Layout
from sids_core.foreign.marks import quoted
from sids_core.foreign.options import DECIMALS
from sids_core.panel.read_series import counted

SHOWN_CODES = 20


def understood(part: Part) -> Iterator[str]:
    """The lines of a preview: how the table is written, what its columns are, and what it holds."""
    table, layout, observations = part.found.table, part.found.layout, part.observations
    sign = f", decimal {DECIMALS[observations.decimal]}" if observations.decimal else ""
    yield f"{table.name}: {layout.source or 'a table'}, {layout.form} ({table.written}{sign})"
    if table.above:
        yield f"  above the header: {len(table.above)} {'line' if len(table.above) == 1 else 'lines'}, not read"
    for role, columns in _roles(table.columns, layout).items():
        if columns:
            yield f"  {role}: {columns}"
    if observations.missing:
        marks = ", ".join(f"{quoted(mark)} ({count})" for mark, count in observations.missing.items())
        yield f"  missing values: {marks}"
    countries = len(set(observations.country.tolist()))
    years, values = observations.year, len(observations.value)
    yield f"  {counted(countries, len(set(observations.named)), int(years.min()), int(years.max()), values)}"


def made_codes(combined: Combined) -> Iterator[str]:
    """The lines about codes that are made of names."""
    described = ((code, each.name) for code, (each, _) in combined.indicators.items())
    made = [f"{code} ({name[:SHOWN_CHARACTERS]})" for code, name in described if _is_made(code, name)]
    if made:
        more = f", and {len(made) - SHOWN_CODES} more" if len(made) > SHOWN_CODES else ""
        yield f"codes of indicators: {', '.join(made[:SHOWN_CODES])}{more}"


def _is_made(code: str, name: str) -> bool:
    return code_of(name) != name and code.startswith(code_of(name))


def _roles(names: Sequence[str], layout: Layout) -> dict[str, str]:
    """Role → the columns, or the text for the whole table."""
    values = f"the columns {_first([names[at] for at in layout.values])}"
    found = {
        "country": _named(names, layout.country) or repr(layout.one_country),
        "indicator": _named(names, layout.indicator or ()) or repr(layout.one_indicator),
        "year": _named(names, () if layout.year is None else (layout.year,)) or str(layout.one_year),
        "value": quoted(names[next(iter(layout.values))]) if layout.form is Form.LONG else "",
        "dimensions": _named(names, layout.dimensions),
        "not read": _first([names[at] for at in layout.unread]),
    }
    across = {Form.COUNTRIES: "country", Form.INDICATORS: "indicator", Form.YEARS: "year"}
    if layout.form in across:
        found[across[layout.form]] = values
    if layout.groups:
        found["indicator"] = f"over the years: {_first(list(dict.fromkeys(layout.groups.values())))}"
    return found


def _named(names: Sequence[str], columns: Sequence[int]) -> str:
    return " and ".join(dict.fromkeys(quoted(names[at]) if names[at] else "the first column" for at in columns))


def _first(names: Sequence[str]) -> str:
    if len(names) <= 6:
        return ", ".join(map(quoted, names))
    return f"{', '.join(map(quoted, names[:3]))} … {quoted(names[-1])} ({len(names)})"
