"""Which codes are countries: aggregates such as the World, a region or an income group are none."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

ALSO_COUNTRIES: Mapping[str, str] = MappingProxyType({"CHI": "Channel Islands", "XKX": "Kosovo"})
"""In the World Bank's list, not in ISO 3166-1."""

FORMER: Mapping[str, str] = MappingProxyType(
    {
        "ADO": "AND",
        "BUR": "MMR",
        "BYS": "BLR",
        "DHY": "BEN",
        "HVO": "BFA",
        "IMY": "IMN",
        "KSV": "XKX",
        "NHB": "VUT",
        "RHO": "ZWE",
        "ROM": "ROU",
        "TMP": "TLS",
        "WBG": "PSE",
        "ZAR": "COD",
    }
)
"""Former codes of countries → today's: those withdrawn from ISO 3166-1, and older ones of the World Bank.

Without states that were divided or joined, such as CSK, SUN, YUG or YMD: their figures are not those of one country.
"""


def country_of(code: str) -> str | None:
    """Today's ISO 3166-1 alpha-3 code of a country; None if the code is none of a country.

    >>> country_of("FJI"), country_of("TMP"), country_of("WLD")
    ('FJI', 'TLS', None)
    """
    code = FORMER.get(code, code)
    return code if code in _countries() else None


def country_name(code: str) -> str:
    """A country's name in English; the code itself if it is none of a country.

    >>> country_name("FJI"), country_name("XKX"), country_name("WLD")
    ('Fiji', 'Kosovo', 'WLD')
    """
    import pycountry

    found = pycountry.countries.get(alpha_3=code)
    if found is None:
        return ALSO_COUNTRIES.get(code, code)
    return str(getattr(found, "common_name", found.name))


@cache
def _countries() -> frozenset[str]:
    import pycountry  # when data is read, not when a packed panel is served

    return frozenset(country.alpha_3 for country in pycountry.countries) | ALSO_COUNTRIES.keys()
