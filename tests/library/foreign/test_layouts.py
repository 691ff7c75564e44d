"""Directions of tables, headers in other rows, and what is not a table."""

import pandas as pd
import pytest

from sids_core.errors import DatasetError, RequestError
from sids_core.foreign.read import read
from tests.library.foreign.conftest import Understand, Understood

CODES = ("a_b", "a_b_2", "a_b_3", "indicator")
EXPECTED = {
    ("FJI", "Pop", 2010): 1.5,
    ("FJI", "Pop", 2011): 2,
    ("FJI", "GDP", 2010): 3,
    ("FJI", "GDP", 2011): 4,
    ("TON", "Pop", 2010): 5,
    ("TON", "Pop", 2011): 6,
    ("TON", "GDP", 2010): 7,
    ("TON", "GDP", 2011): 8,
}
FORMS = {
    "long": "country,indicator,year,value\n"
    + "".join(f"{place},{indicator},{year},{value}\n" for (place, indicator, year), value in EXPECTED.items()),
    "years": "country,indicator,2010,2011\nFJI,Pop,1.5,2\nFJI,GDP,3,4\nTON,Pop,5,6\nTON,GDP,7,8\n",
    "indicators": "country,year,Pop,GDP\nFJI,2010,1.5,3\nFJI,2011,2,4\nTON,2010,5,7\nTON,2011,6,8\n",
    "countries": "indicator,year,Fiji,Tonga\nPop,2010,1.5,5\nPop,2011,2,6\nGDP,2010,3,7\nGDP,2011,4,8\n",
    "years below indicators": ",Pop,,GDP,\ncountry,2010,2011,2010,2011\nFJI,1.5,2,3,4\nTON,5,6,7,8\n",
    "indicators below years": "country,2010,,2011,\n,Pop,GDP,Pop,GDP\nFJI,1.5,3,2,4\nTON,5,7,6,8\n",
    "labels repeated": ",Pop,Pop,GDP,GDP\ncountry,2010,2011,2010,2011\nFJI,1.5,2,3,4\nTON,5,6,7,8\n",
    "below a title": "Table 1. Selected figures,,,\n,,,\nCountry,Indicator,2010,2011\nFiji,Pop,1.5,2\nFiji,GDP,3,4\n"
    "Tonga,Pop,5,6\nTonga,GDP,7,8\n,,,\nSource: national offices,,,\n",
    "another language": "Pays;Indicator;Année;Valeur\n"
    + "".join(
        f"{place};{indicator};{year};{str(value).replace('.', ',')}\n"
        for (place, indicator, year), value in EXPECTED.items()
    ),
    "columns by content": "where,Indicator,when,value\n"
    + "".join(f"{place},{indicator},{year},{value}\n" for (place, indicator, year), value in EXPECTED.items()),
    "dates": "country,indicator,date,value\n"
    + "".join(f"{place},{indicator},{year}-01-01,{value}\n" for (place, indicator, year), value in EXPECTED.items()),
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_forms(understand: Understand, form: str) -> None:
    found = understand(FORMS[form])
    assert found.values == EXPECTED
    assert set(found.notes) <= {"unread_note"}
    assert not found.tables.lost


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("Pop.csv", "country,2010\nFJI,1.5\n", {}),
        ("data.csv", "country,2010\nFJI,1.5\n", {"indicator": "Pop"}),
        ("2010.csv", "country,Pop\nFJI,1.5\n", {}),
        ("data.csv", "country,Pop\nFJI,1.5\n", {"year": "2010"}),
        ("Fiji.csv", "indicator,2010\nPop,1.5\n", {}),
        ("data.csv", "indicator,2010\nPop,1.5\n", {"country": "Fiji"}),
        ("data.csv", "a,b,c,d\nPop,Fiji,2010,1.5\n", {"country": "b", "indicator": "a", "year": "c", "value": "d"}),
        ("data.csv", "x,y\ncountry,2010\nFJI,1.5\n", {"header": 2, "indicator": "Pop"}),
    ],
)
def test_what_no_column_says(understand: Understand, name: str, text: str, options: dict[str, object]) -> None:
    assert understand(text, name, **options).values == {("FJI", "Pop", 2010): 1.5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("hello\n", "no comma, semicolon, tab or bar separates cells"),
        ("country,value\nFJI,1\n", "column missing: year (a column of years, one column per year, or the option year)"),
        ("a,2010\n1.5,2\n", "column missing: country (or Country Code) (found: a, 2010)"),
        ("country,year,note\nFJI,2010,x\n", "column missing: value"),
        ("country,2010,2010\nFJI,1,2\n", "column appears twice: 2010"),
        ("country,2010,YR2010\nFJI,1,2\n", "2010 and YR2010 are the same year"),
        ("country,year,GDP,GDP\nFJI,2010,1,2\n", "column appears twice: GDP"),
        ("country,2010\nFJI,1,2\n", "line 2: 3 cells instead of 2"),
        ("country,indicator,2010\nFJI,a,1\nTON,a\n", "line 3: 2 cells instead of 3"),
        ('country,2010\n"FJI,1\nTON,2\n', "a quote may be opened and never closed"),
        ("FJI,2010,5\nTON,2010,6\n", "no row with the names of the columns above the values"),
        ("country,2010\nFJI,\n", "no usable row of values"),
        ("country,2010\nWorld,5\n", "no usable row of values, as line 2, column country: 'World'"),
        ("country,period,value\nFJI,2010Q1,5\n", "no usable row of values, as line 2, column period: '2010Q1'"),
        ("country,year,value\nFJI,5,1\n", "line 2: column year: '5' is not a year (1800 to 2200)"),
        ("country,2010\nFJI,about\n", "1 of 1 values cannot be read, as in line 2, column 2010: 'about'"),
        ("country,2010\0\nFJI,1\n", "not a text file: it contains zero bytes"),
    ],
)
def test_what_is_no_table(understand: Understand, text: str, words: str) -> None:
    with pytest.raises(DatasetError) as fault:
        understand(text)
    assert str(fault.value).startswith("data.csv: ")
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"country": "Land"}, "country 'Land' is unknown; allowed: country, year, value"),
        ({"value": "x"}, "value 'x' is unknown; allowed: country, year, value"),
        ({"dimensions": ("sex",)}, "dimension 'sex' is unknown"),
        ({"delimiter": "x"}, "delimiter 'x' is unknown; allowed: comma, semicolon, tab, bar"),
        ({"decimal": "x"}, "decimal 'x' is unknown; allowed: point, comma"),
        ({"encoding": "x"}, "encoding 'x' is unknown; allowed: utf-8, utf-16, cp1252, latin-1"),
        ({"encoding": "base64"}, "encoding 'base64' is unknown"),
        ({"decimal": ",", "delimiter": "comma"}, "',' cannot be both the delimiter and the decimal sign"),
        ({"header": -1}, "header -1 is not the number of a row"),
    ],
)
def test_options_that_fit_nothing(understand: Understand, options: dict[str, str], words: str) -> None:
    with pytest.raises(RequestError) as fault:
        understand("country,year,value\nFJI,2010,1\n", **options)
    assert words in str(fault.value)


def test_rows_are_named_as_an_editor_counts_them(understand: Understand) -> None:
    found = understand('\n"Two\nlines"\n\ncountry,indicator,2010\nFJI,"a\nb",1\nTON,x,2\nTON,y,many\nWSM,y,3\n')
    assert "line 9, column 2010: 'many'" in found.notes["non_numeric_cell"]
    assert found.meta("a_b")["Indicator"] == "a b"


def test_codes_are_made_of_names_and_said(understand: Understand) -> None:
    found = understand("country,indicator,2010\nFJI,a/b,1\nFJI,A b,2\nFJI,a_b,3\nFJI,..,4\n")
    assert found.values == {("FJI", code, 2010): value for code, value in zip(CODES, (3, 1, 2, 4), strict=True)}
    assert "codes of indicators: a_b_2 (a/b), a_b_3 (A b), indicator (..)" in found.preview


def test_years_with_a_mark(understand: Understand) -> None:
    found = understand("country,2010*,2011p,2012 (e),2030f\nFJI,1,2,3,4\n")
    assert {key[2]: value for key, value in found.values.items()} == {2010: 1, 2011: 2, 2012: 3}
    assert found.notes["column_not_read"].endswith("not read: '2030f'")


def test_values_in_columns_without_a_name_are_not_lost_silently(understand: Understand) -> None:
    found = understand("country,2010,,\nFJI,1,2,\nTON,3,,\n")
    assert found.notes["unnamed_column"].endswith("not read: line 2: '2'")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (",2010,2011\nFiji,1,2\nTonga,3,4\n", "country"),
        (",Fiji,Tonga\n2010,1,3\n2011,2,4\n", "year"),
        (",year,data\nFiji,2010,1\nFiji,2011,2\nTonga,2010,3\nTonga,2011,4\n", "country"),
    ],
)
def test_the_corner_above_the_names_of_rows_may_be_empty(understand: Understand, text: str, role: str) -> None:
    found = understand(text)
    assert found.values == {
        ("FJI", "data", 2010): 1,
        ("FJI", "data", 2011): 2,
        ("TON", "data", 2010): 3,
        ("TON", "data", 2011): 4,
    }
    assert found.notes == {}
    assert f"  {role}: the first column" in found.preview.splitlines()


def test_a_second_header_is_no_country(understand: Understand) -> None:
    found = understand("country,2010\nFJI,1\ncountry,2010\nTON,2\n")
    assert found.values == {("FJI", "data", 2010): 1, ("TON", "data", 2010): 2}
    assert "line 3, column country: 'country'" in found.notes["unknown_country"]
    assert found.tables.lost


@pytest.mark.parametrize(
    ("observed", "imputed"),
    [
        ("TRUE", "FALSE"),
        ("WAHR", "FALSCH"),  # as spreadsheet programs in other languages write them
        ("VRAI", "FAUX"),
        ("VERDADERO", "FALSO"),
        ("1", "0"),
        ("1.0", "0.0"),
        ("T", "F"),
        ("yes", "no"),
    ],
)
def test_imputed_values_are_never_taken_for_observed(understand: Understand, observed: str, imputed: str) -> None:
    found = understand(f"country,year,value,observed\nFJI,2010,1,{observed}\nTON,2010,2,{imputed}\nWSM,2010,3,\n")
    assert found.values == {("FJI", "data", 2010): 1, ("WSM", "data", 2010): 3}
    assert f"line 3, column observed: '{imputed}'" in found.notes["imputed_row"]


@pytest.mark.parametrize("kind", [bool, int, float])
def test_frames_say_what_is_observed_by_booleans_and_numbers(kind: type) -> None:
    columns = {"country": ["FJI", "TON"], "indicator": "a", "year": 2010, "value": [1.0, 2.0], "observed": [1, 0]}
    assert set(Understood(read([pd.DataFrame(columns).astype({"observed": kind})])).values) == {("FJI", "a", 2010)}


def test_a_flag_that_is_not_understood_refuses_the_table(understand: Understand) -> None:
    with pytest.raises(DatasetError, match="line 3: column observed: 'EPÄTOSI' is neither true nor false"):
        understand("country,year,value,observed\nFJI,2010,1,TRUE\nTON,2010,2,EPÄTOSI\n")


@pytest.mark.parametrize("status", ["I", "i", "I: Imputed value", "Imputed value (CCSA definition)", "imputed"])
def test_rows_whose_status_is_imputed_are_left_out(understand: Understand, status: str) -> None:
    found = understand(f"country,year,value,status\nFJI,2010,1,A\nTON,2010,2,{status}\nWSM,2010,3,important\n")
    assert set(found.values) == {("FJI", "data", 2010), ("WSM", "data", 2010)}


def test_without_a_column_of_values_observed_is_an_indicator(understand: Understand) -> None:
    found = understand("country,year,observed,expected\nFJI,2010,0,5\nTON,2010,7,8\n")
    assert found.values[("FJI", "observed", 2010)] == 0
    assert found.values[("TON", "observed", 2010)] == 7


@pytest.mark.parametrize(
    "text",
    [
        "country,2010,2011\nFJI,1,2\ncountry,2011,2012\nTON,2,3\n",
        "country,2010,2011\nFJI,1,2\n,,\nIsland,2011,2012\nTON,2,3\n",
        "country,2010,2011\nFJI,1,2\n,2011,2012\nTON,2,3\n",
        "country,year,GDP\nFJI,2010,1\ncountry,year,debt\nTON,2010,2\n",
        "Table 1. GDP,,\ncountry,2010,2011\nFJI,1,2\nTable 2. Debt,,\ncountry,2010,2011\nTON,2,3\n",
    ],
)
def test_a_second_table_below_is_not_read_as_the_first(understand: Understand, text: str) -> None:
    line = len(text.splitlines()) - 1
    with pytest.raises(DatasetError, match=f"line {line}: another table begins here"):
        understand(text)


def test_values_that_could_be_years_make_no_header(understand: Understand) -> None:
    found = understand("country,2010,2011\nFJI,1,2\n,1999,2005\n")
    assert found.values == {("FJI", "data", 2010): 1, ("FJI", "data", 2011): 2}
    assert "line 3, column country: '' is no country" in found.notes["malformed_code"]


def test_a_header_may_be_repeated_below_a_title_if_its_names_say_all(understand: Understand) -> None:
    found = understand("country,indicator,2010\nFJI,a,1\nTable 1 (continued),,\ncountry,indicator,2010\nTON,b,2\n")
    assert found.values == {("FJI", "a", 2010): 1, ("TON", "b", 2010): 2}


@pytest.mark.parametrize("name", ["value", "data"])
def test_a_quarter_is_not_taken_for_its_year(understand: Understand, name: str) -> None:
    rows = "FJI,2010,1,5\nFJI,2010,Total,7\nTON,2010,2,6\nTON,2010,,8\n"
    found = understand(f"country,year,quarter,{name}\n{rows}")
    assert found.values == {("FJI", "data", 2010): 7, ("TON", "data", 2010): 8}
    assert "line 2, column quarter: '1'; line 4, column quarter: '2'" in found.notes["other_period"]
    assert found.tables.lost
    assert "quarter" not in found.notes.get("column_not_read", "")


def test_columns_of_other_periods_are_not_understood(understand: Understand) -> None:
    found = understand("country,2010,2010/11,2011 Q1\nFJI,1,2,3\n")
    assert found.notes["other_period"].endswith("left out: '2010/11'; '2011 Q1'")
    assert found.tables.lost


def test_the_preview_counts_an_indicator_once(understand: Understand) -> None:
    found = understand(",Access,,Debt,\ncountry,2010,2011,2010,2011\nFJI,1,2,3,4\nTON,5,6,7,8\n")
    assert "  2 countries, 2 indicators, years 2010–2011, 8 values" in found.preview.splitlines()


def test_rows_that_agree_are_merged_and_others_refused(understand: Understand) -> None:
    found = understand("country,2010\nFJI,1\nFiji,1.0\n")
    assert found.values == {("FJI", "data", 2010): 1}
    assert found.notes["duplicate_row"].endswith("line 3: FJI, data, 2010, merged into line 2")
    refused = understand("country,sector,year,value\nFJI,a,2010,1\nFiji,b,2010,2\n")
    assert refused.tables.content is None
    (message,) = refused.errors
    assert "line 3, column value: FJI, data, 2010: 1.0 in line 2, 2.0 here" in message
    assert "the rows differ in column sector ('a', 'b'): if it divides the indicator, give it as a dimension" in message
    divided = understand("country,sector,year,value\nFJI,a,2010,1\nFiji,b,2010,2\n", dimensions=("Sector",))
    assert divided.values == {("FJI", "data.a", 2010): 1, ("FJI", "data.b", 2010): 2}


def test_a_code_and_a_name_of_different_countries_are_refused(understand: Understand) -> None:
    found = understand("Country Code,Country Name,2010\nFJI,Tonga,1\nTON,Tonga,2\nXYZ,Samoa,3\n")
    assert found.values == {("TON", "data", 2010): 2, ("WSM", "data", 2010): 3}
    assert "line 2, column Country Code and Country Name: 'FJI' and 'Tonga'" in found.notes["other_country"]
