"""A random panel written in any dialect and direction reads back to the same numbers, to the last digit."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core.errors import DatasetError
from sids_core.foreign.columns import STAND_INS
from sids_core.foreign.options import TableOptions
from sids_core.foreign.read import ForeignTables, read

COUNTRIES = {
    "FJI": "Fiji",
    "TON": "776",
    "LCA": "St. Lucia",
    "CIV": "Côte d'Ivoire",
    "NAM": "NA",
    "BHS": "Bahamas, The",
}
NAMES = {"SP.POP": "SP.POP", "access_of": "Access, % of", "GDP": "GDP"}
YEARS = range(2008, 2012)
# Delimiter, decimal sign, and what separates thousands.
SIGNS = [(",", ".", ""), (",", ".", ","), (";", ",", ""), (";", ",", "."), ("\t", ",", " "), ("|", ".", "'")]
Panel = dict[tuple[str, str, int], float]
VALUES = (
    st.floats(-1e15, 1e15, allow_nan=False).filter(lambda value: value == 0 or abs(value) > 1e-20)
    | st.integers(-(10**9), 10**9).map(float)
    | st.integers(-(10**6), 10**6).map(lambda number: number / 1000)
).filter(lambda value: value not in STAND_INS)
KEYS = st.tuples(st.sampled_from(sorted(COUNTRIES)), st.sampled_from(sorted(NAMES)), st.sampled_from(YEARS))
PANELS = st.dictionaries(KEYS, VALUES, min_size=1)


def grouped(value: float, decimal: str, groups: str) -> str:
    """The shortest text that reads back as the same number, with separated thousands."""
    text = repr(value)
    if "e" in text:
        return text.replace(".", decimal)
    whole, _, fraction = text.removeprefix("-").partition(".")
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{int(whole):,}".replace(",", groups) + (decimal + fraction if fraction != "0" else "")


def rows_of(panel: Panel, form: str) -> list[list[str | float]]:
    """The panel's rows with a header; missing values are empty texts."""
    places, codes = sorted({key[0] for key in panel}), sorted({key[1] for key in panel})
    years = sorted({key[2] for key in panel})
    get = panel.get
    if form == "years":
        rows = [[COUNTRIES[c], NAMES[i], *(get((c, i, y), "") for y in years)] for c in places for i in codes]
        return [["Country", "Indicator", *map(str, years)], *rows]
    if form == "indicators":
        rows = [[COUNTRIES[c], str(y), *(get((c, i, y), "") for i in codes)] for c in places for y in years]
        return [["Country", "Year", *(NAMES[i] for i in codes)], *rows]
    if form == "countries":
        rows = [[NAMES[i], str(y), *(get((c, i, y), "") for c in places)] for i in codes for y in years]
        return [["Indicator", "Year", *(COUNTRIES[c] for c in places)], *rows]
    long: list[list[str | float]] = [[COUNTRIES[c], NAMES[i], str(y), value] for (c, i, y), value in panel.items()]
    return [["Country", "Indicator", "Year", "Value"], *long]


@settings(deadline=None, max_examples=100)
@given(
    panel=PANELS,
    form=st.sampled_from(["long", "years", "indicators", "countries"]),
    signs=st.sampled_from(SIGNS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    missing=st.sampled_from(["", "..", "NA", "-"]),
)
def test_every_dialect_and_direction(
    panel: Panel,
    form: str,
    signs: tuple[str, str, str],
    encoding: str,
    end: str,
    quoting: Literal[0, 1, 2],
    missing: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    delimiter, decimal, groups = signs
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    header, *rows = rows_of(panel, form)
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            [grouped(cell, decimal, groups) if isinstance(cell, float) else cell or missing for cell in row]
        )
    path = tmp_path_factory.getbasetemp() / "panel.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    assert values(read([path], TableOptions(decimal=decimal))) == panel
    try:
        recognised = read([path])
    except DatasetError as fault:
        assert "decimal sign" in str(fault) or "decimal comma" in str(fault)  # noqa: PT017
    else:
        assert values(recognised) == panel


def values(found: ForeignTables) -> Panel:
    assert found.content is not None, found.report
    series = found.content.series
    return {
        (series.countries[series.country[row]], series.indicators[series.indicator[row]], year): float(value)
        for row, values in enumerate(series.values)
        for year, value in zip(series.years, values, strict=True)
        if value == value
    }
