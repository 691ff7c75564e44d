"""Names of countries as the World Bank, the United Nations and people spell them; aggregates; what is none of them."""

import sys

import pycountry
import pytest

from sids_core.errors import DatasetError
from sids_core.foreign.places import How, find_place
from sids_core.panel.panel import SIDS
from sids_core.panel.places import PLACES
from tests.library.foreign.conftest import Understand
from tests.library.foreign.spellings import AGGREGATES, COUNTRIES, UNRESOLVED

EXACT = """
FJI=FJI|fj=FJI|242=FJI|Fiji=FJI|FIJI=FJI|Republic of Fiji=FJI|Côte d'Ivoire=CIV|Cote d'Ivoire=CIV|Curaçao=CUW|
Trinidad & Tobago=TTO|Antigua And Barbuda=ATG|
Viet Nam=VNM|Vietnam=VNM|Timor Leste=TLS|Guinea Bissau=GNB|4=AFG|NA=NAM|

Iran (Islamic Republic of)=IRN|Micronesia (Federated States of)=FSM|Czech Republic=CZE|Virgin Islands (U.S.)=VIR|
EL=GRC|UK=GBR|XK=XKX|412=XKX|Kosovo=XKX|Channel Islands=CHI|São Tomé & Príncipe=STP|TMP=TLS"""
GUESSED = """Bahamas, The=BHS|The Bahamas=BHS|Gambia, The=GMB|St. Lucia=LCA|St Lucia=LCA|St.Lucia=LCA|
St. Kitts and Nevis=KNA|St. Vincent and the Grenadines=VCT|St Vincent & Grenadines=VCT|Micronesia, Fed. Sts.=FSM|
Micronesia (Fed. States)=FSM|Cape Verde=CPV|Swaziland=SWZ|Ivory Coast=CIV|
East Timor=TLS|Burma=MMR|Turkey=TUR|Congo, Dem. Rep.=COD|Congo, Rep.=COG|Lao PDR=LAO|Korea, Rep.=KOR|
Korea, Dem. People's Rep.=PRK|Hong Kong SAR, China=HKG|China, Macao Special Administrative Region=MAC|
West Bank and Gaza=PSE|
US Virgin Islands=VIR|Venezuela, RB=VEN|Marshall Is.=MHL|
Solomon Is.=SLB|Turks and Caicos=TCA|Dominican Rep.=DOM|St. Maarten=SXM|St. Martin (French part)=MAF|Surinam=SUR|
Western Samoa=WSM|Fiji Islands=FJI|Netherlands (Kingdom of the)=NLD|Fiji (a)=FJI"""
REGIONS = """World|WLD|001|1|57|SSF|XC|Caribbean small states|Pacific island small states|Small states|SIDS|
Small island developing States (SIDS)|Least developed countries: UN classification|Sub-Saharan Africa|Euro area|
East Asia & Pacific (excluding high income)|Africa Eastern and Southern|
Middle East, North Africa, Afghanistan & Pakistan|
Latin America and the Caribbean|Southern Africa|South-eastern Asia|Oceania (exc. Australia and New Zealand)|
Australia and New Zealand|Polynesia|Micronesia (region)|Central and Southern Asia|CARICOM|OECS|European Union|EU-27|
Total|Grand total|Average|Regional average|All countries|Not classified|IDA & IBRD total|Rest of the world|Caribbean|
Czechoslovakia"""
NEITHER = """Fidji|Atlantis|Holland|Country|Suva city|Fiji rural|Source: Fiji Bureau of Statistics|X|999999|2010|
Netherlands Antilles|Port of Spain|Tobago|Nevis|Tongatapu|England|Perugia|Palauli|New Ireland|
Kingston, Jamaica|Suva (Fiji)|Fiji: males|Women of Fiji|Western Australia"""

# Countries by their own code in ISO 3166-1, which ISO 3166-2 also lists below another.
OWN_COUNTRIES = {
    "Hong Kong SAR": "HKG",
    "Macao SAR": "MAC",
    "Taiwan Sheng": "TWN",
    "Saint-Martin": "MAF",
    "Saint-Pierre-et-Miquelon": "SPM",
    "Wallis-et-Futuna": "WLF",
    "Sint Maarten": "SXM",
}


def pairs(text: str) -> list[tuple[str, str]]:
    return [(name, code) for each in text.replace("\n", "").split("|") for name, _, code in [each.partition("=")]]


@pytest.mark.parametrize(("name", "code"), pairs(EXACT))
def test_codes_and_iso_names_are_exact(name: str, code: str) -> None:
    assert (find_place(name).code, find_place(name).how) == (code, How.EXACT)


@pytest.mark.parametrize(("name", "code"), pairs(GUESSED))
def test_other_spellings_are_guesses(name: str, code: str) -> None:
    assert (find_place(name).code, find_place(name).how) == (code, How.GUESS)


@pytest.mark.parametrize("name", [name for name, _ in pairs(REGIONS)])
def test_aggregates_are_no_countries(name: str) -> None:
    assert (find_place(name).code, find_place(name).how) == ("", How.AGGREGATE)


@pytest.mark.parametrize("name", [name for name, _ in pairs(NEITHER)])
def test_the_rest_is_unknown(name: str) -> None:
    assert (find_place(name).code, find_place(name).how) == ("", How.UNKNOWN)


def test_no_part_of_a_country_is_taken_for_one() -> None:
    parts = {part.name.partition(" [")[0] for part in pycountry.subdivisions}
    guessed = {name: place.code for name in parts if (place := find_place(name)).how is How.GUESS}
    assert guessed == OWN_COUNTRIES


def test_spellings_of_agencies_and_people() -> None:
    found = {name: find_place(name).code for name in COUNTRIES}
    assert {name for name, code in COUNTRIES.items() if found[name] != code} == UNRESOLVED
    assert [name for name in AGGREGATES if find_place(name).how is not How.AGGREGATE] == []


def test_the_projects_own_names_are_known() -> None:
    assert [find_place(PLACES[code].name).code for code in SIDS] == list(SIDS)


def test_guesses_aggregates_and_failures_are_listed_with_their_rows(understand: Understand) -> None:
    found = understand(
        "country,2010,2011\nSt. Lucia,1,2\nFidji,3,4\nWorld,5,6\nTonga,7,8\nAtlantis,,9\nTMP,1,\nNowhere,,\nTotal,4,4\n"
    )
    assert found.values == {
        ("LCA", "data", 2010): 1,
        ("LCA", "data", 2011): 2,
        ("TON", "data", 2010): 7,
        ("TON", "data", 2011): 8,
        ("TLS", "data", 2010): 1,
    }
    assert found.notes == {
        "guessed_country": "data.csv: name of a country that ISO 3166-1 spells otherwise, read as: "
        "line 2, column country: 'St. Lucia' as LCA",
        "unknown_country": "data.csv: row of no country left out: line 3, column country: 'Fidji'; "
        "line 6, column country: 'Atlantis'",
        "aggregate": "data.csv: row of an aggregate left out: line 4, column country: 'World'; "
        "line 9, column country: 'Total'",
        "former_country": "data.csv: former code of a country, read as today's: "
        "line 7, column country: 'TMP, read as TLS'",
        "unread_note": "data.csv: note beside the table, not read: line 8: 'Nowhere'",
    }


def test_every_guess_is_listed(understand: Understand) -> None:
    names = [f"Atlantis {number}" for number in range(300)]
    found = understand("country,2010\nFJI,1\n" + "".join(f"{name},1\n" for name in names))
    assert [name for name in names if repr(name) not in found.notes["unknown_country"]] == []


def test_the_extra_is_named_where_it_is_needed(understand: Understand, monkeypatch: pytest.MonkeyPatch) -> None:
    from sids_core.foreign import places

    monkeypatch.setitem(sys.modules, "country_converter", None)
    caches = (places._converter, places.find_place)
    for cache in caches:
        cache.cache_clear()
    assert understand("country,2010\nFiji,1\nVUT,2\n776,3\n").values
    with pytest.raises(DatasetError, match=r'need an extra: pip install "sids-ml-backend\[files\]"'):
        understand("country,2010\nSt. Lucia,1\n")
    for cache in caches:
        cache.cache_clear()
