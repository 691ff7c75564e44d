"""Which columns of a table hold countries, indicators, years and values, and in which direction they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sids_core.errors import TableError, UnknownValueError
from sids_core.foreign import roles
from sids_core.foreign.cells import Table
from sids_core.foreign.column_search import Columns, is_country, is_named_country, is_number, is_period, sample
from sids_core.foreign.options import TableOptions
from sids_core.foreign.periods import year_in
from sids_core.foreign.places import How, find_place


class Form(StrEnum):
    """The direction in which values run."""

    LONG = "one row per value"
    YEARS = "one column per year"
    INDICATORS = "one column per indicator"
    COUNTRIES = "one column per country"


@dataclass(frozen=True)
class Layout:
    """What the columns of a table are, by their positions.

    Attributes:
        form: the direction.
        source: the agency's form, where it is a known one.
        country: the columns that say the country, the code before the name.
        indicator: the columns of the indicator's code and name; equal if one column says both.
        year, part_of_year, unit, status, observed, action: the columns; None without one.
        values: position → year, indicator or country that the column's name says; empty for the values of a long table.
        groups: position → the indicator that a label above the column's name says, where years repeat.
        dimensions: columns that divide an indicator.
        labelled: whether cells are of the form `code: label`, as SDMX-CSV with labels has them.
        one_country, one_indicator, one_year: of the whole table, where no column says it.
        unread: columns with a name that are not read.
    """

    form: Form
    source: str = ""
    country: tuple[int, ...] = ()
    indicator: tuple[int, int] | None = None
    year: int | None = None
    part_of_year: int | None = None
    unit: int | None = None
    status: int | None = None
    observed: int | None = None
    action: int | None = None
    values: dict[int, str | int] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    dimensions: tuple[int, ...] = ()
    labelled: bool = False
    one_country: str = ""
    one_indicator: str = ""
    one_year: int | None = None
    unread: tuple[int, ...] = ()


def recognise(table: Table, options: TableOptions) -> Layout:
    """What the columns of a table are.

    Raises:
        TableError: the table has no countries, years or values, or two columns have the same name.
        UnknownValueError: an option names a column that does not exist.
    """
    columns = Columns(table, options)
    country = _countries(columns)
    value = _role(columns, options.value, "value", roles.VALUES)
    year = _year(columns)
    status, action = columns.first(roles.STATUSES), columns.first(roles.ACTIONS)
    observed = None if value is None else columns.first(roles.OBSERVED)
    source = _source(columns)
    indicator = _indicators(columns, source)
    unit = columns.first(roles.UNITS)
    dimensions = _dimensions(columns, source, value)
    part_of_year = None if year is None else columns.first(roles.PARTS_OF_YEAR)
    one_year = _one_year(columns) if year is None and not columns.years else None
    labelled = source.startswith("SDMX") and any(": " in name for name in table.columns)
    form, values, groups = _values(columns, country, year, value, one_year)
    columns.used.update(values)
    one_country = options.country if options.country and not country else ""
    if not country and not one_country and form is not Form.COUNTRIES:
        if find_place(table.title).how is not How.EXACT:
            raise _missing(table, "country (or Country Code)")
        one_country = table.title
    one_indicator = ""
    if indicator is None and form is not Form.INDICATORS and not groups:
        one_indicator = options.indicator or table.title
        if year_in(one_indicator) is not None or one_indicator in {"", one_country}:
            raise _missing(table, "indicator (or Indicator Code)")
    used = [at for at in (*country, *(indicator or ()), year, unit, *values, *dimensions) if at is not None]
    _check_unique(table, used, values, groups)
    return Layout(
        form=form,
        source=source,
        country=country,
        indicator=indicator,
        year=year,
        part_of_year=part_of_year,
        unit=unit,
        status=status,
        observed=observed,
        action=action,
        values=values,
        groups=groups,
        dimensions=dimensions,
        labelled=labelled,
        one_country=one_country,
        one_indicator=one_indicator,
        one_year=one_year,
        unread=tuple(columns.free()),
    )


def _values(
    columns: Columns, country: tuple[int, ...], year: int | None, value: int | None, one_year: int | None
) -> tuple[Form, dict[int, str | int], dict[int, str]]:
    """The direction of the values, their columns, and the labels above these."""
    table, labels = columns.table, _carried(columns.table.labels)
    if columns.years and value is None and (year is None or len(columns.years) > 1):
        repeated = len(set(columns.years.values())) < len(columns.years)
        groups = {at: labels[at] for at in columns.years} if repeated and any(labels) else {}
        return Form.YEARS, dict(columns.years), groups if all(groups.values()) else {}
    if value is not None and (year is not None or one_year):
        return Form.LONG, {value: ""}, {}
    above = {at: found for at in columns.free() if labels and (found := year_in(labels[at])) is not None}
    if year is None and value is None and len(set(above.values())) > 1:
        return Form.YEARS, dict(above), {at: table.columns[at] for at in above}
    if year is None and not one_year:
        raise _missing(table, "year (a column of years, one column per year, or the option year)")
    numeric = [at for at in columns.free() if table.cells[at].dtype.kind == "f" or columns.share(at, is_number) > 0.5]
    if not numeric:
        raise _missing(table, "value (or one column per indicator)")
    if not country and sum(is_country(table.columns[at]) for at in numeric) > len(numeric) / 2:
        return Form.COUNTRIES, {at: table.columns[at] for at in numeric}, {}
    return Form.INDICATORS, {at: table.columns[at] for at in numeric}, {}


def _carried(labels: Sequence[str]) -> list[str]:
    """Labels above columns, carried to the right over the cells of a merge."""
    carried: list[str] = []
    for label in labels:
        carried.append(label or (carried[-1] if carried else ""))
    return carried


def _role(columns: Columns, option: str, name: str, names: Sequence[str]) -> int | None:
    if not option:
        return columns.first(names)
    found = columns.named(option)
    if found is None:
        raise UnknownValueError(name, option, [column for column in columns.table.columns if column])
    return found


def _countries(columns: Columns) -> tuple[int, ...]:
    option = columns.options.country
    if option:
        at = columns.named(option)
        if at is None and find_place(option).how is not How.EXACT:
            raise UnknownValueError("country", option, [column for column in columns.table.columns if column])
        return () if at is None else (at,)
    found = []
    for names in (roles.COUNTRY_CODES, roles.COUNTRY_NAMES):
        while (at := columns.first(names)) is not None:
            if columns.share(at, is_country) >= 0.5 or (not sample(columns.table, at) and columns.keys[at] != "code"):
                found.append(at)
                break
            if columns.keys[at] in {"country", "countrycode", "countryname", "refarea"} and not found:
                found.append(at)  # its name leaves no doubt; its texts are reported
                break
    columns.used = set(found)
    if not found:
        texts = [at for at in columns.perhaps_of_rows() if at not in columns.years]
        at = columns.by_content(is_named_country, among=texts)
        found = [] if at is None else [at]
    return tuple(found)


def _year(columns: Columns) -> int | None:
    option = columns.options.year
    if option:
        at = columns.named(option) if year_in(option) is None else None
        if at is None and year_in(option) is None:
            raise UnknownValueError("year", option, [column for column in columns.table.columns if column])
        return at
    if (at := columns.first(roles.YEARS)) is not None or columns.years:
        return at
    return columns.by_content(is_period, among=columns.perhaps_of_rows())


def _one_year(columns: Columns) -> int | None:
    given = year_in(columns.options.year) if columns.options.year else None
    return given if given is not None else year_in(columns.table.title)


def _indicators(columns: Columns, source: str) -> tuple[int, int] | None:
    option = columns.options.indicator
    if option:
        at = columns.named(option)
        return None if at is None else (at, at)
    code, name = columns.first(roles.INDICATOR_CODES), columns.first(roles.INDICATOR_NAMES)
    if code is None and name is None and source.startswith("SDMX"):
        code = columns.first(roles.DATAFLOWS)
        if code is not None and len(sample(columns.table, code)) < 2:
            columns.used.discard(code)
            code = None
    if code is None and name is None:
        return None
    return (name if code is None else code, code if name is None else name)  # type: ignore[return-value]


def _source(columns: Columns) -> str:
    keys = set(columns.keys)
    if {"timeperiod", "obsvalue"} <= keys:
        return "SDMX-CSV 2.0" if "structureid" in keys else "SDMX-CSV 1.0"
    if {"geoareacode", "seriescode", "timeperiod"} <= keys:
        return "UN SDG database"
    if {"countryname", "countrycode", "seriescode"} <= keys:
        return "World Bank DataBank"
    if {"countryname", "countrycode", "indicatorname", "indicatorcode"} <= keys:
        return "World Bank bulk download"
    return ""


def _dimensions(columns: Columns, source: str, value: int | None) -> tuple[int, ...]:
    found = []
    for name in columns.options.dimensions:
        at = columns.named(name)
        if at is None:
            raise UnknownValueError("dimension", name, [column for column in columns.table.columns if column])
        found.append(at)
    has_values = value is not None or bool(columns.years)
    if not found:
        for at in columns.free():
            known = columns.keys[at]
            if at in columns.years or known in roles.ATTRIBUTES:
                continue
            sdmx = source.startswith("SDMX") and value is not None and (at < value or known in roles.UNIT_DIMENSIONS)
            # Numbers under such a name are those of an indicator, unless another column has the values.
            divides = known in roles.DIMENSIONS and (has_values or columns.share(at, is_number) <= 0.5)
            if sdmx or source == "UN SDG database" or divides:
                found.append(at)
    columns.used.update(found)
    return tuple(found)


def _missing(table: Table, what: str) -> TableError:
    shown = ", ".join(name[:30] for name in table.columns[:8]) + (", …" if len(table.columns) > 8 else "")
    return TableError("missing_column", table.name, f"column missing: {what} (found: {shown or 'none'})")


def _check_unique(
    table: Table, used: Sequence[int], values: Mapping[int, str | int], groups: Mapping[int, str]
) -> None:
    """Raise TableError if two columns say the same."""
    said: dict[tuple[str | int, str], str] = {}
    for at in dict.fromkeys(used):
        name, group = table.columns[at], groups.get(at, "")
        what = (values.get(at, "") or name, group)
        if name and what in said:
            same = said[what] == name
            fault = f"column appears twice: {name}" if same else f"{said[what]} and {name} are the same year"
            raise TableError("repeated_column", table.name, fault + (f", under {group}" if group else ""))
        said[what] = name
