"""What columns are called: by statistical agencies, in spreadsheets, and by the tools that write tables.

Names are compared by `marks.key`: without case, accents, blanks and punctuation. Of several columns with a role the one
whose name comes first is used.
"""

COUNTRY_CODES = tuple(
    "countrycode countryiso3code iso3 iso3c iso3code isoalpha3 isoalpha3code alpha3 alpha3code countryiso3 refarea "
    "geoareacode m49code m49 areacodem49 iso2 iso2c iso2code isoalpha2 isoalpha2code alpha2 alpha2code isocode iso "
    "spatialdim locationcode areacode territorycode uncode countryid economycode geo cou code".split()
)
COUNTRY_NAMES = tuple(
    "country countryname geoareaname countryorarea countryarea countryorterritory countryterritory countries area "
    "areaname location locationname economy economyname territory entity nation memberstate referencearea geography "
    "islandstate island state pays pais land reporter name".split()
)
INDICATOR_CODES = tuple(
    "indicatorcode seriescode indicatorid seriesid variablecode itemcode elementcode subjectcode measurecode "
    "series".split()
)
INDICATOR_NAMES = tuple(
    "seriesdescription indicatorname seriesname indicatordescription indicator indicators variablename variable item "
    "element subject statistic measure series".split()
)
YEARS = tuple(
    "year timeperiod time period yr date refyear referenceyear years yearcode timecode jahr annee ano anio".split()
)
VALUES = tuple(
    "value obsvalue observationvalue observation values val wert valeur valor amount datavalue numericvalue "
    "figure".split()
)
UNITS = tuple("unitmeasure units unit unitofmeasure unitname".split())
STATUSES = tuple("obsstatus observationstatus status".split())
PARTS_OF_YEAR = ("quarter", "month", "semester", "week")
OBSERVED = ("observed",)
"""Whether a value was observed, beside a column of values; without one it is an indicator of that name."""
ACTIONS = ("action",)

DIMENSIONS = frozenset(
    "sex gender age agegroup ageclass residence urbanisation urbanization urbanrural degurb areatype educationlevel "
    "disaggregation breakdown dimension dimensions subgroup quintile wealthquintile "
    "incomequintile disability disabilitystatus ethnicity migrationstatus freq frequency".split()
)
"""Columns that divide an indicator, in any table."""
UNIT_DIMENSIONS = frozenset({"unitmeasure", "unitmult", "units", "unit"})
"""They divide an indicator where they differ within it."""
ATTRIBUTES = frozenset(
    "goal target indicator nature footnote footnotes note notes flag flags comment comments timedetail timecoverage "
    "upperbound lowerbound upper lower baseperiod geoinfourl source sources observationstatus obsstatus confstatus "
    "decimals structure structureid structurename dataflow serieskey obskey action timeperiodstart "
    "timeperiodend".split()
)
"""Columns that describe single values, or whole tables, in the forms of the United Nations and of SDMX."""
DATAFLOWS = ("dataflow", "structureid")
"""Where SDMX-CSV has several and no column of indicators, they are the indicators."""
WHOLE = frozenset("t total all both bothsex bothsexes allage allages alltypes z na g a annual".split()) | {""}
"""Members of a dimension that divide nothing: the total, “not applicable”, global reporting, annual."""
