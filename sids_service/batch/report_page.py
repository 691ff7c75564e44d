"""The report of a batch as a page of its own: tables and plots, without a script or anything to load."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape

from sids_service.batch.charts import Bar, bars, histogram, lines
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Quality
from sids_service.batch.report import Group, Report
from sids_service.batch.report_text import WORST, percent

BINS = 20
STYLE = """
body { font-family: sans-serif; color: #1f2933; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border-bottom: 1px solid #d5dbe1; padding: .25rem .75rem .25rem 0; text-align: right; vertical-align: top }
th { font-weight: 600 }
.text { text-align: left; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto }
"""
POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"

QUALITY = ("imputations", "values", "unreliable", "error, median", "error, 90 %", "coverage", "coverage, SIDS")


def page(report: Report, qualities: Mapping[BatchItem, Quality]) -> str:
    """The page. Names and codes are escaped: they are text, whatever they contain."""
    parts = [f"<h1>{escape(report.title)}</h1>", f"<p>{escape(report.explanation)}</p>"]
    if report.total is not None and report.nominal_coverage is not None:
        parts += [
            f"<p>Intervals are made for a coverage of {report.nominal_coverage:.0%}.</p>",
            "<h2>By year</h2>",
            *_years(report.by_year, report.nominal_coverage),
            _groups("year", report.by_year, report.total, named=False),
            "<h2>Errors</h2>",
            _errors([quality.rmse_deviation for quality in qualities.values()], report.total.error_90),
            "<h2>By dataset</h2>",
            _groups("dataset", report.by_dataset, report.total, named=True),
            "<h2>By country</h2>",
            *_countries(report),
            "<h2>The worst targets</h2>",
            _worst(report),
        ]
    if report.not_imputed:
        rows = [[dataset.code, dataset.name, str(dataset.imputations)] for dataset in report.not_imputed]
        parts += ["<h2>Not imputed</h2>", _table(("dataset", "name", "imputations"), rows, texts=2)]
        parts.append("<p>The manifest and report.csv name each with its reason.</p>")
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{STYLE}</style>"
    )
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _years(groups: Sequence[Group], nominal: float) -> list[str]:
    years = [group.code for group in groups]
    error = [
        ("error, median", [group.error_median for group in groups]),
        ("90 %", [group.error_90 for group in groups]),
    ]
    coverage = [("coverage", [group.coverage for group in groups]), ("nominal", [nominal] * len(groups))]
    return [
        lines("Error by year", years, error, percent=False),
        lines("Coverage by year", years, coverage, percent=True),
    ]


def _errors(errors: Sequence[float], upper: float) -> str:
    """From 0 to the error that nine of ten do not exceed, and a quarter above."""
    return bars("Imputations by error", histogram(errors, 1.25 * upper or 1.0, BINS))


def _countries(report: Report) -> list[str]:
    most = sorted(report.by_country, key=lambda country: (-country.values, country.code))
    chart = bars("Values by country", [Bar(country.code, country.values, country.unreliable) for country in most])
    rows = [
        [each.code, each.name, str(each.values), percent(each.unreliable / each.values) if each.values else ""]
        for each in most
    ]
    legend = "<p>Imputed values by country; the lower part of a bar is unreliable.</p>"
    return [chart, legend, _table(("country", "name", "values", "unreliable"), rows, texts=2)]


def _groups(what: str, groups: Sequence[Group], total: Group, *, named: bool) -> str:
    rows = [
        [
            group.code,
            *([group.name] if named else []),
            str(group.imputations),
            str(group.values),
            percent(group.unreliable),
            f"{group.error_median:.3f}",
            f"{group.error_90:.3f}",
            percent(group.coverage),
            percent(group.coverage_sids),
        ]
        for group in ([*groups, total] if len(groups) > 1 else groups)
    ]
    head = (what, *(["name"] if named else []), *QUALITY)
    return _table(head, rows, texts=2 if named else 1)


def _worst(report: Report) -> str:
    rows = [
        [
            target.dataset,
            target.code,
            target.name,
            str(target.imputations),
            percent(target.unreliable),
            f"{target.error_median:.3f}",
            percent(target.coverage),
        ]
        for target in report.targets[:WORST]
    ]
    return _table(("dataset", "target", "name", "years", "unreliable", "error, median", "coverage"), rows, texts=3)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int) -> str:
    """A table whose first columns are texts."""

    def cells(tag: str, values: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="text">{escape(value)}</{tag}>' if place < texts else f"<{tag}>{escape(value)}</{tag}>"
            for place, value in enumerate(values)
        )

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{cells('th', head)}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
