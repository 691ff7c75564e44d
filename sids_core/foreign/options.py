"""What a caller says about a table instead of leaving it to recognition."""

from dataclasses import dataclass

from sids_core.errors import RequestError, UnknownValueError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
DECIMALS = {".": "point", ",": "comma"}


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Overrides of what is recognised; an empty one leaves it to recognition.

    Attributes:
        delimiter: between the cells of a text file, one of `DELIMITERS` or its name.
        decimal: the decimal sign of numbers written as text, one of `DECIMALS` or its name.
        encoding: of a text file, by a name that Python knows.
        sheet: the one sheet of an Excel file to read.
        header: the line or row of the column names, from 1; 0 leaves it to recognition.
        country: the column of countries, or the one country of the whole table.
        indicator: the column of indicators, or the name of the one indicator of the whole table.
        year: the column of years, or the one year of the whole table.
        value: the column of values of a table with one row per value.
        dimensions: the columns that divide an indicator, such as sex or age.
    """

    delimiter: str = ""
    decimal: str = ""
    encoding: str = ""
    sheet: str = ""
    header: int = 0
    country: str = ""
    indicator: str = ""
    year: str = ""
    value: str = ""
    dimensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises RequestError for a value that is not allowed."""
        for field, signs in (("delimiter", DELIMITERS), ("decimal", DECIMALS)):
            given = getattr(self, field)
            by_name = {name: sign for sign, name in signs.items()}
            if given and given not in signs and given not in by_name:
                raise UnknownValueError(field, given, by_name)
            object.__setattr__(self, field, by_name.get(given, given))
        if self.encoding:
            try:
                b"0".decode(self.encoding)
            except UnicodeError:
                pass  # it needs more bytes for a letter
            except LookupError:
                raise UnknownValueError("encoding", self.encoding, ("utf-8", "utf-16", "cp1252", "latin-1")) from None
        if self.header < 0:
            raise RequestError(f"header {self.header} is not the number of a row, from 1", parameter="header")
        if self.decimal and self.decimal == self.delimiter:
            raise RequestError(
                f"{self.decimal!r} cannot be both the delimiter and the decimal sign", parameter="decimal"
            )
