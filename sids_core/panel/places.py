"""Names, regions and coordinates of the SIDS, for lists and maps."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sids_core.panel.panel import SIDS


class Region(StrEnum):
    """The three geographic regions of the SIDS, as UN-OHRLLS groups them."""

    CARIBBEAN = "Caribbean"
    PACIFIC = "Pacific"
    AIS = "Atlantic, Indian Ocean and South China Sea"


@dataclass(frozen=True, slots=True)
class Place:
    """A SIDS on a map.

    Attributes:
        code: ISO 3166-1 alpha-3 code.
        name: short English name.
        region: its region.
        longitude: of its capital or main island, in degrees east (−180 to 180).
        latitude: likewise, in degrees north.
    """

    code: str
    name: str
    region: Region
    longitude: float
    latitude: float


_CARIBBEAN = """
ATG Antigua and Barbuda|-61.85|17.12
ABW Aruba|-70.03|12.52
BHS Bahamas|-77.35|25.06
BMU Bermuda|-64.78|32.29
BRB Barbados|-59.61|13.10
BLZ Belize|-88.77|17.25
VGB British Virgin Islands|-64.62|18.43
CYM Cayman Islands|-81.38|19.29
CUB Cuba|-82.38|23.11
CUW Curaçao|-68.93|12.11
DMA Dominica|-61.39|15.30
DOM Dominican Republic|-69.89|18.48
GRD Grenada|-61.75|12.05
GUY Guyana|-58.16|6.80
HTI Haiti|-72.34|18.54
JAM Jamaica|-76.79|17.97
SXM Sint Maarten|-63.05|18.03
KNA Saint Kitts and Nevis|-62.72|17.30
VCT Saint Vincent and the Grenadines|-61.22|13.16
LCA Saint Lucia|-60.99|14.01
SUR Suriname|-55.17|5.85
TTO Trinidad and Tobago|-61.51|10.65
TCA Turks and Caicos Islands|-71.14|21.46
AIA Anguilla|-63.06|18.22
MSR Montserrat|-62.19|16.74
"""
_PACIFIC = """
FJI Fiji|178.44|-18.14
KIR Kiribati|172.98|1.33
MHL Marshall Islands|171.38|7.09
FSM Micronesia|158.16|6.92
NRU Nauru|166.92|-0.55
PLW Palau|134.62|7.50
PNG Papua New Guinea|147.18|-9.44
WSM Samoa|-171.77|-13.83
SLB Solomon Islands|159.96|-9.43
TLS Timor-Leste|125.58|-8.56
TON Tonga|-175.20|-21.14
TUV Tuvalu|179.19|-8.52
VUT Vanuatu|168.32|-17.73
COK Cook Islands|-159.78|-21.21
TKL Tokelau|-171.85|-9.20
NIU Niue|-169.92|-19.06
"""
_AIS = """
BHR Bahrain|50.59|26.23
CPV Cabo Verde|-23.51|14.92
COM Comoros|43.26|-11.70
GNB Guinea-Bissau|-15.60|11.86
MDV Maldives|73.51|4.18
MUS Mauritius|57.50|-20.16
STP São Tomé and Príncipe|6.73|0.34
SYC Seychelles|55.45|-4.62
SGP Singapore|103.82|1.35
"""


def _read(region: Region, text: str) -> dict[str, Place]:
    found = {}
    for line in text.strip().splitlines():
        name, longitude, latitude = line[4:].split("|")
        found[line[:3]] = Place(line[:3], name, region, float(longitude), float(latitude))
    return found


_PLACES = {**_read(Region.CARIBBEAN, _CARIBBEAN), **_read(Region.PACIFIC, _PACIFIC), **_read(Region.AIS, _AIS)}

PLACES: Mapping[str, Place] = MappingProxyType({code: _PLACES[code] for code in SIDS})
"""Place of every SIDS by code, in the order of `SIDS`."""
