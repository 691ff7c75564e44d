"""Texts as they are compared, without case, accents and punctuation, and as messages show them."""

import re
import unicodedata

from sids_core.errors import SHOWN_CHARACTERS

NOT_LETTERS = re.compile(r"[^0-9a-z]+")


def quoted(text: str) -> str:
    """A text in quotes, as messages show it: shortened, and without what would break their line."""
    return repr(text[:SHOWN_CHARACTERS])


def plain(text: str) -> str:
    """The words of a text in lower case, without accents and punctuation, joined by blanks.

    >>> plain("Côte d’Ivoire"), plain("Trinidad & Tobago"), plain("GeoAreaCode")
    ('cote d ivoire', 'trinidad and tobago', 'geoareacode')
    """
    letters = unicodedata.normalize("NFKD", text.replace("&", " and ").replace("ı", "i"))
    return NOT_LETTERS.sub(" ", "".join(each for each in letters if not unicodedata.combining(each)).casefold()).strip()


def key(text: str) -> str:
    """The same without blanks, for names of columns.

    >>> key("REF_AREA"), key("[Reporting Type]"), key("Country Code")
    ('refarea', 'reportingtype', 'countrycode')
    """
    return plain(text).replace(" ", "")
