"""Names of columns and texts as they are compared: without case, accents and punctuation."""

import re
import unicodedata

NOT_LETTERS = re.compile(r"[^0-9a-z]+")


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
