"""Countries and indicators by what people call them."""

import pandas as pd
import pycountry
import pytest

import sids_core as sids
from sids_core.panel.names import find_indicator, find_sids
from sids_core.panel.panel import SIDS, Panel
from sids_core.panel.places import PLACES


@pytest.mark.parametrize("code", SIDS)
def test_each_code_and_name_of_iso_is_that_country(code: str) -> None:
    country = pycountry.countries.get(alpha_3=code)
    assert country is not None
    names = [country.alpha_2, country.name, getattr(country, "official_name", code), PLACES[code].name]
    for name in names:
        assert find_sids(name) == find_sids(f" {name.upper()} ") == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Sao Tome & Principe", "STP"),
        ("São Tomé and Príncipe", "STP"),
        ("St. Kitts and Nevis", "KNA"),
        ("St.Lucia", "LCA"),
        ("St Vincent & the Grenadines", "VCT"),
        ("Curacao", "CUW"),
        ("The Bahamas", "BHS"),
        ("Cape Verde", "CPV"),
        ("East Timor", "TLS"),
        ("British Virgin Islands", "VGB"),
        ("federated states of  Micronesia", "FSM"),
    ],
)
def test_other_names_in_use(name: str, code: str) -> None:
    assert find_sids(name) == code


@pytest.mark.parametrize(
    "name", ["Virgin Islands", "France", "", "XX", "Guinea", "Dominican", "Saint Martin (French part)"]
)
def test_a_name_that_is_none_or_not_unique_is_refused(name: str) -> None:
    with pytest.raises(sids.RequestError, match="is no code or name of one of the 50 SIDS"):
        find_sids(name)


@pytest.fixture(scope="module")
def panel() -> Panel:
    columns = ["Indicator", "Indicator Code", "Dimension", "Category", "Dataset", "Units"]
    meta = [
        ("Access to water", "d-w.U", "urban", "", "d", "%"),
        ("Access to water", "d-w.R", "rural", "", "d", "%"),
        ("Electricity", "d-e", "", "", "d", "%"),
        ("d-e", "d-other", "", "", "d", "%"),
    ]
    codes = [row[1] for row in meta]
    data = pd.DataFrame({"Country Code": "FJI", "Indicator Code": codes, "2019": 1.0})
    tables = {
        "indicatorMeta": pd.DataFrame(meta, columns=columns),
        "datasetMeta": pd.DataFrame({"Dataset Code": ["d"], "Dataset Name": ["D"]}),
        "indicatorData": data,
    }
    return sids.open_panel(tables)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("d-w.U", "d-w.U"),
        ("D-W.r", "d-w.R"),
        ("electricity ", "d-e"),
        ("access to water-rural", "d-w.R"),
        ("d-e", "d-e"),
    ],
)
def test_an_indicator_is_found_by_code_before_name(panel: Panel, text: str, code: str) -> None:
    assert find_indicator(panel, text) == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Access to water", r"is the name of 2; give the code: d-w\.R \(Access to water-rural\), d-w\.U"),
        ("Acess to watr", r"closest of 4: .*d-w\.U \(Access to water-urban\)"),
        ("water", r"closest of 4: .*d-w\.R"),
        ("population", "indicator 'population' is unknown; allowed: d-e, d-other, d-w.R, d-w.U"),
    ],
)
def test_an_indicator_that_is_unknown_or_not_unique_is_named(panel: Panel, text: str, message: str) -> None:
    with pytest.raises(sids.RequestError, match=message):
        find_indicator(panel, text)
