"""Years and other periods in cells and names of columns."""

import re
from datetime import date, datetime

from sids_core.panel.layout import YEARS, year_of
from sids_core.panel.read_data import column_name

# 2010-01-01, 2010/12/31, also with a time.
DAY = re.compile(
    r"([0-9]{4})([-/.])(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ][0-9:.]+(?:Z|[-+][0-9:]+)?)?"
)
# 31/12/2010 or 12/31/2010: of the same year.
DAY_FIRST = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1([0-9]{4})")
ANNUAL = re.compile(r"([0-9]{4})-?A1?")
# As provisional or revised, or with a footnote, but not as a forecast.
MARKED = re.compile(r"([0-9]{4})\s?(?:[*†‡¹²³]|\([A-Za-z]{1,2}\)|[bepr])")
# Quarters, halves, months, weeks; financial years and ranges of years.
OTHER = re.compile(
    r"[0-9]{4}[-/ ]?[QSTHMW][0-9]{1,3}|[QSTH][1-4][-/ ]?[0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{4}|"
    r"[0-9]{4}\s*[-–/]\s*[0-9]{4}|FY ?[0-9/ -]+|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/ ]?[0-9]{4}",
    re.IGNORECASE,
)


def year_in(cell: object) -> int | None:
    """The year that a cell or name means; None if it means none.

    >>> [year_in(cell) for cell in (2010, "2010 [YR2010]", "2010-01-01", "2010-A1", "2010p", "2010-Q1")]
    [2010, 2010, 2010, 2010, 2010, None]
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, datetime | date):
        return cell.year if cell.year in YEARS else None
    text = column_name(cell).strip()
    year = year_of(text)
    match = DAY.fullmatch(text) or ANNUAL.fullmatch(text) or MARKED.fullmatch(text)
    if year is None and match and int(match[1]) in YEARS:
        return int(match[1])
    if year is None and (match := DAY_FIRST.fullmatch(text)) and int(match[2]) in YEARS:
        return int(match[2])
    return year


def is_other_period(cell: object) -> bool:
    """Whether a cell means a period that is not one calendar year.

    >>> [is_other_period(cell) for cell in ("2010-Q1", "2010-03", "2010/11", "2010-2012", "2010", "20x0")]
    [True, True, True, True, False, False]
    """
    return bool(OTHER.fullmatch(column_name(cell).strip()))
