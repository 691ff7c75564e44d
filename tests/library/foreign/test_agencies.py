"""Downloads of the World Bank, the UN SDG database, SDMX-CSV, Our World in Data and R, as they are."""

import pytest

from tests.library.foreign.conftest import Understand

BULK = """\ufeff"Data Source","World Development Indicators",

"Last Updated Date","2024-12-16",

"Country Name","Country Code","Indicator Name","Indicator Code","2000","2001","2002",
"Aruba","ABW","Population, total","SP.POP.TOTL","89101","90691","",
"Africa Eastern and Southern","AFE","Population, total","SP.POP.TOTL","401600588","412001885","",
"Fiji","FJI","Population, total","SP.POP.TOTL","832509","","837263",
"Not classified","INX","Population, total","SP.POP.TOTL","","","",
"Fiji","FJI","Access to electricity (% of population)","EG.ELC.ACCS.ZS","75.6000000000001","","",
"""


def test_the_world_banks_bulk_download(understand: Understand) -> None:
    found = understand(BULK.replace("\n", "\r\n"), "API_DS2_en_csv.csv")
    assert found.values == {
        ("ABW", "SP.POP.TOTL", 2000): 89101,
        ("ABW", "SP.POP.TOTL", 2001): 90691,
        ("FJI", "SP.POP.TOTL", 2000): 832509,
        ("FJI", "SP.POP.TOTL", 2002): 837263,
        ("FJI", "EG.ELC.ACCS.ZS", 2000): 75.6000000000001,
    }
    assert found.meta("SP.POP.TOTL")["Indicator"] == "Population, total"
    assert "World Bank bulk download, one column per year" in found.preview
    assert set(found.notes) == {"aggregate"}
    assert "line 7, column Country Code and Country Name: 'AFE'" in found.notes["aggregate"]
    assert not found.tables.lost


DATABANK = """Country Name,Country Code,Series Name,Series Code,2010 [YR2010],2011 [YR2011]
Fiji,FJI,"Access to electricity (% of population)",EG.ELC.ACCS.ZS,90.1,..
Tonga,TON,"Access to electricity (% of population)",EG.ELC.ACCS.ZS,..,95
World,WLD,"Access to electricity (% of population)",EG.ELC.ACCS.ZS,83,84
,,,,,
,,,,,
,,,,,
Data from database: World Development Indicators,,,,,
Last Updated: 12/16/2024,,,,,
"""


def test_the_world_banks_databank(understand: Understand) -> None:
    found = understand(DATABANK)
    assert found.values == {("FJI", "EG.ELC.ACCS.ZS", 2010): 90.1, ("TON", "EG.ELC.ACCS.ZS", 2011): 95}
    assert "World Bank DataBank" in found.preview
    assert "missing values: '..' (2)" in found.preview
    assert set(found.notes) == {"aggregate", "unread_note"}
    assert "line 8: 'Data from database: World Development Indicators'" in found.notes["unread_note"]


def test_the_world_banks_databank_with_series_in_columns(understand: Understand) -> None:
    found = understand(
        'Time,Time Code,Country Name,Country Code,"Population, total [SP.POP.TOTL]",Rainfall [mm]\n'
        "2010,YR2010,Fiji,FJI,905169,2500\n2010,YR2010,Tonga,TON,..,..\n,,,,,\nLast Updated: 12/16/2024,,,,,\n"
    )
    assert found.values == {("FJI", "SP.POP.TOTL", 2010): 905169, ("FJI", "rainfall_mm", 2010): 2500}
    assert found.meta("SP.POP.TOTL")["Indicator"] == "Population, total"


UN = (
    "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,TimePeriod,Value,Time_Detail,"
    "TimeCoverage,UpperBound,LowerBound,BasePeriod,Source,GeoInfoUrl,FootNote,[Nature],[Reporting Type],[Sex],[Units]\n"
)
UN_ROWS = (
    ("242,Fiji", "2013", "1.4", "G,BOTHSEX,PERCENT"),
    ("242,Fiji", "2013", "1.5", "G,FEMALE,PERCENT"),
    ("583,Micronesia (Federated States of)", "2013", "15", "G,BOTHSEX,PERCENT"),
    ("57,Micronesia", "2013", "16", "G,BOTHSEX,PERCENT"),
    ("1,World", "2013", "1.4", "G,BOTHSEX,PERCENT"),
    ("776,Tonga", "2013", "<2.5", "G,BOTHSEX,PERCENT"),
    ("776,Tonga", "2014", "N", "G,BOTHSEX,PERCENT"),
)


def test_the_un_sdg_database(understand: Understand) -> None:
    rows = "".join(
        f'1,1.1,1.1.1,SI_POV_DAY1,"Below the line, by sex",{area},{year},{value},{year},,,,,"A, {year}",,,C,{rest}\n'
        for area, year, value, rest in UN_ROWS
    )
    found = understand(UN + rows)
    assert found.values == {
        ("FJI", "SI_POV_DAY1.BOTHSEX", 2013): 1.4,
        ("FJI", "SI_POV_DAY1.FEMALE", 2013): 1.5,
        ("FSM", "SI_POV_DAY1.BOTHSEX", 2013): 15,
    }
    assert found.meta("SI_POV_DAY1.FEMALE") == {
        "Indicator Code": "SI_POV_DAY1.FEMALE",
        "Indicator": "Below the line, by sex",
        "Units": "PERCENT",
        "Category": "",
        "Dimension": "Sex: FEMALE",
        "Dataset": "data",
    }
    assert "line 7, column Value: '<2.5'" in found.notes["bound"]
    assert "line 8, column Value: 'N'" in found.notes["non_numeric_cell"]
    assert "line 5, column GeoAreaCode and GeoAreaName: '57'; line 6" in found.notes["aggregate"]
    assert set(found.notes) == {"bound", "non_numeric_cell", "aggregate"}
    assert found.tables.lost


SDMX = {
    "1.0": """DATAFLOW,FREQ,REF_AREA,INDICATOR,SEX,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,OBS_STATUS
SPC:DF_POP(1.0),A,FJ,POP,_T,2010,900.5,N,A
SPC:DF_POP(1.0),A,FJ,POP,F,2010,450,N,A
SPC:DF_POP(1.0),Q,FJ,POP,_T,2010-Q1,899,N,A
SPC:DF_POP(1.0),A,TON,POP,_T,2010-A1,100,N,E
SPC:DF_POP(1.0),A,776,POP,F,2010,51,N,I
""",
    "2.0": """STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,SEX,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,OBS_STATUS
dataflow,SPC:DF_POP(1.0),I,A,FJ,POP,_T,2010,900.5,N,A
dataflow,SPC:DF_POP(1.0),I,A,FJ,POP,F,2010,450,N,A
dataflow,SPC:DF_POP(1.0),I,Q,FJ,POP,_T,2010-Q1,899,N,A
dataflow,SPC:DF_POP(1.0),A,A,TON,POP,_T,2010-A1,100,N,E
dataflow,SPC:DF_POP(1.0),D,A,FJ,POP,M,2010,450,N,A
dataflow,SPC:DF_POP(1.0),I,A,776,POP,F,2010,51,N,I
""",
}


@pytest.mark.parametrize("version", sorted(SDMX))
def test_sdmx_csv(understand: Understand, version: str) -> None:
    found = understand(SDMX[version])
    assert found.values == {("FJI", "POP._T", 2010): 900.5, ("FJI", "POP.F", 2010): 450, ("TON", "POP._T", 2010): 100}
    assert found.meta("POP.F")["Dimension"] == "SEX: F"
    assert f"SDMX-CSV {version}" in found.preview
    assert "line 4, column TIME_PERIOD: '2010-Q1'" in found.notes["other_period"]
    assert "column OBS_STATUS: 'I'" in found.notes["imputed_row"]
    assert ("deleted_row" in found.notes) == (version == "2.0")


def test_sdmx_csv_with_labels(understand: Understand) -> None:
    found = understand(
        "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA: Area,INDICATOR: Indicator,TIME_PERIOD: Time,OBS_VALUE: Value\n"
        "dataflow,SPC:DF_POP(1.0): Population,I,FJ: Fiji,POP: People,2010: 2010,900.5\n"
        "dataflow,SPC:DF_POP(1.0): Population,I,4F: Pacific,POP: People,2010: 2010,9000\n"
    )
    assert found.values == {("FJI", "POP", 2010): 900.5}
    assert found.meta("POP")["Indicator"] == "People"
    assert "line 3, column REF_AREA: Area: '4F'" in found.notes["unknown_country"]


def test_units_that_differ_within_an_indicator_divide_it(understand: Understand) -> None:
    found = understand(
        "DATAFLOW,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT\n"
        "X,FJ,GDP,2010,5,USD,6\nX,FJ,GDP,2011,6000,USD,3\nX,TO,GDP,2010,7,TOP,6\n"
    )
    assert found.values == {
        ("FJI", "GDP.6.USD", 2010): 5,
        ("FJI", "GDP.3.USD", 2011): 6000,
        ("TON", "GDP.6.TOP", 2010): 7,
    }


def test_our_world_in_data(understand: Understand) -> None:
    found = understand(
        "Entity,Code,Year,Deaths - Sex: Both\nFiji,FJI,2010,5\nWorld,OWID_WRL,2010,6\nAfrica,,2010,7\n"
        "Kosovo,OWID_KOS,2010,8\n"
    )
    assert found.values == {("FJI", "deaths_sex_both", 2010): 5, ("XKX", "deaths_sex_both", 2010): 8}
    assert found.notes["aggregate"].endswith("line 3, column Entity: 'World'; line 4, column Entity: 'Africa'")


R_CSV2 = """"";"country";"year";"forest";"income"
"1";"FJI";2010;55,25;NA
"2";"FJI";2011;55,5;1e+05
"3";"NAM";2010;NA;12345,678
"""


def test_rs_write_csv2(understand: Understand) -> None:
    found = understand(R_CSV2, "r.csv")
    assert found.values == {
        ("FJI", "forest", 2010): 55.25,
        ("FJI", "forest", 2011): 55.5,
        ("FJI", "income", 2011): 100000,
        ("NAM", "income", 2010): 12345.678,
    }
    assert "utf-8, delimiter semicolon, decimal comma" in found.preview
    assert not found.notes


def test_several_dataflows_in_a_file_are_as_many_indicators(understand: Understand) -> None:
    head = "DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE"
    found = understand(f"{head}\nX:POP(1.0),A,FJ,2010,1\nX:DEBT(1.0),A,WS,2010,2\n")
    assert found.values == {("FJI", "x_pop_1_0", 2010): 1, ("WSM", "x_debt_1_0", 2010): 2}
    found = understand(f"{head}\nX:POP(1.0),A,FJ,2010,1\nX:POP(1.0),A,WS,2010,2\n")
    assert found.values == {("FJI", "data", 2010): 1, ("WSM", "data", 2010): 2}
