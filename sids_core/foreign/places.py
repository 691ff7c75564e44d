"""Names and codes of places → ISO 3166-1 alpha-3 codes of countries; aggregates are told from typing errors.

Codes (alpha-2, alpha-3, M49) and ISO's English names are looked up in pycountry. Other spellings are guessed by the
expressions of country_converter (https://github.com/IndEcol/country_converter): of 414 spellings of the World Bank, the
United Nations and people it knows 410 and is never wrong, pycountry knows 277, with its fuzzy search 303 and is wrong
in 8 (`python -m tests.library.foreign.spellings`). Aggregates are recognised before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError
from sids_core.foreign.marks import plain
from sids_core.panel.countries import country_of

if TYPE_CHECKING:
    from country_converter import CountryConverter

OTHER_CODES: Mapping[str, str] = MappingProxyType(
    {"EL": "GRC", "UK": "GBR", "XK": "XKX", "412": "XKX", "JG": "CHI", "830": "CHI"}
)
"""Codes of Eurostat, the World Bank and M49 that ISO 3166-1 does not have."""

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {"channel islands": "CHI", "kosovo": "XKX", "la reunion": "REU", "saint helena": "SHN", "zaire": "COD"}
)
"""Plain names that ISO 3166-1 does not have, or that ISO 3166-2 has for a part of a country."""

HAVE_COUNTRIES = frozenset({"CN", "FR", "NL", "NO", "US"})
"""Countries among whose parts ISO 3166-2 lists countries of ISO 3166-1, such as CN-HK."""

# The World Bank's, with three and two characters, and those of M49 (https://unstats.un.org/unsd/methodology/m49/).
AGGREGATE_CODES = frozenset(
    """
    AFE AFR AFW ARB CEA CEB CEU CLA CME CSA CSS EAP EAR EAS ECA ECS EMU EUU FCS FXS HIC HPC IBB IBD IBT IDA IDB IDX INX
    LAC LCN LDC LIC LMC LMY LTE MDE MEA MIC MNA NAC NAF NRS NXS OED OSS PRE PSS PST RRS SAS SSA SSF SST SXZ TEA TEC TLA
    TMN TSA TSS UMC WLD XZN
    1A 1W 4E 7E 8S B8 EU F1 OE S1 S2 S3 S4 T2 T3 T4 T5 T6 T7 V1 V2 V3 V4 XC XD XE XF XG XH XI XJ XL XM XN XO XP XT XU ZF
    ZG ZH ZI ZJ ZQ ZT Z4 Z7
    001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143 145 150 151 154 155
    172 199 202 223 419 420 432 513 514 515 543 722 738 746 747 753 910 911 912 913
    """.split()
)
# In the names of groups and regions, and of what tables sum up, but in no name of a country.
GROUP_WORDS = """
    world|worldwide|global|(?:sub )?total|totals|average|mean|median|sum|all (?:countries|regions|sids|reporting.*)|
    (?<!administrative )region|regions|regional|income|members?|classification|classified|dividend|small states|
    other small|fragile|indebted|ibrd|ida|ldcs?|lldcs?|sids|developing|developed|least|landlocked|euro area|
    european union|eu ?[0-9]*|eurozone|oecd|oecs|asean|brics|caricom|apec|ecowas|sadc|opec|g7|g20|commonwealth$|
    african union|aosis|former soviet union|ussr|soviet union|yugoslavia|czechoslovakia|serbia and montenegro|
    unspecified|unallocated|nes|rest of|excluding|excl|exc|not elsewhere|countries|arab world|arab states|middle east|
    latin america|caribbean$|pacific$|baltics|islands region|pacific islands?$|pacific island|caribbean community|
    caribbean small
"""
SIDE = r"(?:north|south|east|west|central|middle|latin|sub)\w*"
CONTINENT = r"(?:africa|asia|europe|oceania|melanesia|polynesia|americas?|caribbean|saharan africa|pacific)"
AGGREGATE = re.compile(
    r"\b(?:" + re.sub(r"\|\s+", "|", GROUP_WORDS.strip()) + r")\b|"
    rf"^(?:{SIDE}(?: and)? )*{CONTINENT}(?: and (?:the )?(?:{SIDE} )*{CONTINENT})*$|"
    r"^africa (?:eastern|western) and (?:southern|central)$|^australia and new zealand$|"
    r"^(?:north|south)\w* america and europe$"
)
# In names of parts of countries or of their people, and in lines about a country: country_converter's expressions would
# find the country.
PART = re.compile(
    r"\b(?:rural|urban|source|bureau|ministry|statistics|office|data|note|province|city|district|incl|including|other|"
    r"men|women|males?|females?|boys|girls|children|youth)\b"
)
ADDITION = re.compile(r"[,;:(\[/]")
"""Begins what is added to a name, as in “Congo, Rep.” and “Fiji (a)”."""

LONGEST = 100
"""Letters of a name; more are a sentence."""


class How(StrEnum):
    """How a text was understood."""

    EXACT = "exact"
    GUESS = "guess"
    AGGREGATE = "aggregate"
    UNKNOWN = "unknown"
    EMPTY = "empty"
    UNSURE = "unsure"
    """Perhaps another spelling of a country, which only country_converter can tell, and it is not installed."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a text names: the country's code, empty unless exact or a guess, and how it was understood."""

    code: str
    how: How


NOTHING = Place("", How.EMPTY)
UNKNOWN = Place("", How.UNKNOWN)


@lru_cache(maxsize=1 << 16)
def find_place(text: str) -> Place:
    """The country that a code or name means.

    >>> find_place("FJ"), find_place("242").code, find_place("Viet Nam").code
    (Place(code='FJI', how=<How.EXACT: 'exact'>), 'FJI', 'VNM')
    >>> find_place("Bahamas, The"), find_place("Caribbean small states").how
    (Place(code='BHS', how=<How.GUESS: 'guess'>), <How.AGGREGATE: 'aggregate'>)
    """
    text = text.strip().removeprefix("'")  # by which spreadsheets keep the zeros of a code
    if not text:
        return NOTHING
    if len(text) > LONGEST:
        return UNKNOWN
    code = text.upper().zfill(3) if text.isascii() and text.isdecimal() else text.upper()
    if text.isascii() and len(code) <= 3:
        known = country_of(code) or _codes().get(code)
        if known:
            return Place(known, How.EXACT)
        if code in AGGREGATE_CODES:
            return Place("", How.AGGREGATE)
    words = plain(text)
    if words in _names():
        return Place(_names()[words], How.EXACT)
    if AGGREGATE.search(words):
        return Place("", How.AGGREGATE)
    if len(words) < 2 or words.isdecimal() or PART.search(words):
        return UNKNOWN
    found = guess(text)
    return UNKNOWN if found.how is How.GUESS and _is_part(text, words, found.code) else found


def is_aggregate(text: str) -> bool:
    """Whether a text is the name of a region or group, or of what a table sums up.

    >>> is_aggregate("Grand total"), is_aggregate("Total population of Fiji")
    (True, True)
    """
    return bool(AGGREGATE.search(plain(text)))


def check_sure(place: Place) -> None:
    """Raise DatasetError with the extra to install if a place could not be looked up without it."""
    if place.how is How.UNSURE:
        raise DatasetError(
            'names of countries that ISO 3166-1 spells otherwise need an extra: pip install "sids-ml-backend[files]"'
        )


def guess(text: str) -> Place:
    """The one country in whose expression a text is; unknown with none or several."""
    try:
        found = _expressions_of(text)
    except ImportError:
        return Place("", How.UNSURE)
    known = country_of(found.pop()) if len(found) == 1 else None
    return Place(known, How.GUESS) if known else UNKNOWN


def _expressions_of(text: str) -> set[str]:
    """Codes of the countries in whose expressions a text is. Raises ImportError without country_converter."""
    converter = _converter()
    pairs = zip(converter.regexes, converter.data["ISO3"], strict=True)
    return {str(code) for expression, code in pairs if expression.search(text)}


def _is_part(text: str, words: str, country: str) -> bool:
    """Whether a text names a part of the country: one of ISO 3166-2, or one before its name (“Suva, Fiji”)."""
    if country not in _parts().get(words, (country,)):
        return True
    name = ADDITION.split(text, maxsplit=1)[0].strip()
    return name != text and not _expressions_of(name)


@cache
def _codes() -> Mapping[str, str]:
    """Alpha-2 and M49 codes → alpha-3."""
    import pycountry

    codes = {code: country.alpha_3 for country in pycountry.countries for code in (country.alpha_2, country.numeric)}
    return {**codes, **OTHER_CODES}


@cache
def _names() -> Mapping[str, str]:
    """ISO's English names, as plain words."""
    import pycountry

    fields = ("name", "official_name", "common_name")
    names = {
        plain(name): country.alpha_3
        for country in pycountry.countries
        for field in fields
        if (name := getattr(country, field, ""))
    }
    return {**names, **OTHER_NAMES}


@cache
def _parts() -> Mapping[str, set[str]]:
    """Plain names of provinces, islands and so on (ISO 3166-2) → countries of ISO 3166-1 with that name, such as Macao.

    Without them the expressions find Spain in Port of Spain, Peru in Perugia, and the United Kingdom in England.
    """
    import pycountry

    parts: dict[str, set[str]] = {}
    for part in pycountry.subdivisions:
        of, _, code = part.code.partition("-")
        countries = {_codes()[code]} if of in HAVE_COUNTRIES and code in _codes() else set()
        parts.setdefault(plain(part.name.partition("[")[0]), set()).update(countries)
    return parts


@cache
def _converter() -> "CountryConverter":
    import logging
    from importlib.resources import files

    import pandas as pd
    from country_converter import CountryConverter

    logging.getLogger("country_converter").setLevel(logging.ERROR)
    # Read here, because with pandas 3.1 its own reader takes Namibia's alpha-2 code, NA, for a missing value and fails.
    with files("country_converter").joinpath("country_data.tsv").open("rb") as table:
        known = pd.read_csv(table, sep="\t", keep_default_na=False, na_values={"obsolete": [""], "UNmember": [""]})
    return CountryConverter(country_data=known, include_obsolete=True)
