"""What people call indicators and countries, to the codes that the panel knows them by."""

import re
import unicodedata
from collections import Counter
from difflib import get_close_matches
from functools import cache

from sids_core.errors import SHOWN_CHARACTERS, RequestError, UnknownValueError
from sids_core.panel.panel import SIDS, Panel
from sids_core.panel.places import PLACES

SHOWN_MATCHES = 5
SAINT = re.compile(r"\bst\b\.?\s*")


def find_indicator(panel: Panel, text: str) -> str:
    """The code of an indicator that is given by its code or name, in any case.

    Args:
        panel: the data.
        text: a code, a name, or a name with its dimension (`Access to electricity-rural`).

    Raises:
        RequestError: no indicator is called so (the message names near matches), or several are.

    >>> from sids_core.panel.demo import demo_panel
    >>> find_indicator(demo_panel(), "synthetic ACCESS to electricity")
    'key-wdi-EG.ELC.ACCS.ZS'
    """
    if text in panel.indicator_index:
        return text
    wanted = _plain(text)
    names = [(_plain(each.code), _plain(each.label), _plain(each.name)) for each in panel.indicators]
    for kind in range(3):
        found = [each for each, of in zip(panel.indicators, names, strict=True) if of[kind] == wanted]
        if len(found) == 1:
            return found[0].code
        if found:
            several = ", ".join(f"{each.code} ({each.label})" for each in found[:SHOWN_MATCHES])
            more = f" and {len(found) - SHOWN_MATCHES} more" if len(found) > SHOWN_MATCHES else ""
            raise RequestError(
                f"indicator {text[:SHOWN_CHARACTERS]!r} is the name of {len(found)}; give the code: {several}{more}",
                kind="ambiguous_indicator",
                parameter="indicator",
            )
    by_name = {name: each for each, of in zip(panel.indicators, names, strict=True) for name in reversed(of)}
    close = [by_name[name] for name in get_close_matches(wanted, by_name, n=SHOWN_MATCHES, cutoff=0.6)]
    within = [by_name[name] for name in by_name if wanted and all(word in name for word in wanted.split())]
    near = list(dict.fromkeys(each.code for each in (*close, *within)))[:SHOWN_MATCHES]
    if not near:
        raise UnknownValueError("indicator", text, panel.indicator_index)
    described = ", ".join(f"{code} ({panel.indicator(code).label})" for code in near)
    raise RequestError(
        f"indicator {text[:SHOWN_CHARACTERS]!r} is unknown; the closest of {len(names)}: {described}",
        kind="unknown_indicator",
        parameter="indicator",
    )


def find_sids(text: str) -> str:
    """The ISO 3166-1 alpha-3 code of a SIDS that is given by a code (of 2 or 3 letters) or name, in any case.

    Raises:
        RequestError: no SIDS is called so; the message names near matches.

    >>> find_sids("fji"), find_sids("Sao Tome & Principe"), find_sids("St. Lucia"), find_sids("Micronesia")
    ('FJI', 'STP', 'LCA', 'FSM')
    """
    names = _sids_names()
    code = names.get(_plain(text))
    if code is None:
        close = dict.fromkeys(names[name] for name in get_close_matches(_plain(text), names, n=3, cutoff=0.6))
        near = f"; the closest: {', '.join(f'{code} ({PLACES[code].name})' for code in close)}" if close else ""
        raise RequestError(
            f"country {text[:SHOWN_CHARACTERS]!r} is no code or name of one of the {len(SIDS)} SIDS{near}",
            kind="unknown_country",
            parameter="country",
        )
    return code


@cache
def _sids_names() -> dict[str, str]:
    """Plain name or code → alpha-3 code; without names that a country outside the SIDS has, too."""
    import pycountry

    codes: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for country in pycountry.countries:
        names = {country.alpha_3, country.alpha_2, country.name}
        names |= {getattr(country, name) for name in ("common_name", "official_name") if hasattr(country, name)}
        first, comma, rest = country.name.partition(", ")
        names |= {first, f"{rest} {first}"} if comma else set()
        for name in {_plain(name) for name in names}:
            counts[name] += 1
            if country.alpha_3 in SIDS:
                codes[name] = country.alpha_3
    codes |= {_plain(place.name): place.code for place in PLACES.values()}
    codes |= {_plain(name): code for code, name in OTHER_NAMES.items()}
    return {name: code for name, code in codes.items() if counts[name] < 2}


OTHER_NAMES = {
    "BHS": "The Bahamas",
    "CPV": "Cape Verde",
    "TLS": "East Timor",
}
"""Names that are in use and not in ISO 3166-1."""


def _plain(text: str) -> str:
    """Without case, accents and the ways of writing and, Saint and blanks."""
    letters = unicodedata.normalize("NFKD", text)
    words = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    words = SAINT.sub("saint ", words.replace("&", " and ").replace("’", "'"))
    return " ".join(words.split())
