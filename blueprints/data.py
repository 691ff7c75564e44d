"""The endpoints of the data itself: indicators, countries, observed series and gaps of the SIDS."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from sids_service.context import Context, Loaded, Served
from sids_service.dashboard import OBSERVED
from sids_service.web.app import model_router
from sids_service.web.tables import ESTIMATES, TABULAR, AsTable

if TYPE_CHECKING:
    from sids_core.imputation.catalogue import Catalogue

PAGE, LARGEST_PAGE = 50, 5000

FILLABLE, NOT_FILLABLE = "fillable", "not fillable"
"""Status of a cell without a value, besides that of an observed one."""

Code = Annotated[str | None, Field(description="Code of an indicator.", examples=["key-wdi-EG.ELC.ACCS.ZS"])]
Dataset = Annotated[str | None, Field(description="Code of a dataset.", examples=["key"])]


class IndicatorDescription(BaseModel):
    """An indicator, and how much of it is observed in the SIDS."""

    code: str
    name: str = Field(description="Name, with the dimension where there is one.")
    unit: str = Field(description="Empty if unknown.")
    category: str
    dimension: str
    dataset: str = Field(description="Code of its dataset.")
    dataset_name: str
    source: str = Field(description="Who published it, as the data says; empty if unknown.")
    years: list[int] = Field(description="Years with a value in at least one SIDS, ascending.")
    sids: int = Field(description="Number of SIDS with a value in any year.")
    values: int = Field(description="Number of values of SIDS.")


class IndicatorPage(BaseModel):
    """Indicators that were found, the best first."""

    total: int = Field(description="Number found; more than listed if there are further pages.")
    offset: int
    indicators: list[IndicatorDescription]


class CountryDescription(BaseModel):
    """A SIDS on a map."""

    code: str = Field(description="ISO 3166-1 alpha-3 code.")
    name: str
    region: str
    longitude: float = Field(description="Of its capital or main island, in degrees east, -180 to 180.")
    latitude: float = Field(description="In degrees north.")


class ObservedSeries(BaseModel):
    """The observed values of an indicator."""

    indicator: str
    name: str
    unit: str
    years: list[int] = Field(description="Every year of the data, ascending.")
    series: dict[str, list[float | None]] = Field(description="Country code → one value per year, null where missing.")


class GapsResponse(BaseModel):
    """Cells of one or several indicators, counted by SIDS (rows) and year (columns)."""

    indicators: int = Field(description="Number of indicators counted.")
    countries: list[str]
    years: list[int]
    observed: list[list[int]] = Field(description="Number of indicators with a value.")
    fillable: list[list[int]] = Field(description="Number of indicators without a value that can be imputed.")
    reasons: dict[str, str] = Field(description="For a single indicator: year → why it cannot be imputed.")


class DatasetDescription(BaseModel):
    """A dataset, and how much of it is observed in the SIDS."""

    code: str
    name: str
    indicators: int
    observed: float = Field(description="Share of its cells (SIDS × years × indicators) with a value, 0 to 1.")
    fillable: float = Field(description="Share of its cells that are missing and can be imputed, 0 to 1.")


router = model_router("data", "Data")


@router.get("/indicators", response_model=IndicatorPage, responses=TABULAR)
def indicators(
    context: Loaded,
    table: AsTable,
    search: Annotated[
        str | None, Query(description="Words of the code, name, category or dataset.", max_length=200)
    ] = None,
    dataset: Dataset = None,
    category: Annotated[str | None, Field(description="A category.", examples=["Economy"])] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Number of indicators listed.")] = PAGE,
    offset: Annotated[int, Query(ge=0, description="Number of indicators skipped.")] = 0,
) -> Response:
    """Indicators by words, the best first, with their years and values in SIDS."""
    from sids_core.panel.observations import observations, search_indicators

    panel = context.dataset.panel()
    found = search_indicators(panel, search or "", dataset=dataset, category=category)
    listed = []
    for each in found[offset : offset + limit]:
        known = observations(panel, each)
        listed.append(
            IndicatorDescription(
                code=each.code,
                name=each.label,
                unit=each.units,
                category=each.category,
                dimension=each.dimension,
                dataset=each.dataset,
                dataset_name=panel.datasets[each.dataset],
                source=each.source,
                years=list(known.years),
                sids=known.sids,
                values=known.values,
            )
        )
    page = IndicatorPage(total=len(found), offset=offset, indicators=listed)
    return table(page, list(IndicatorDescription.model_fields), lambda: _rows(listed))


@router.get("/datasets", response_model=list[DatasetDescription], responses=TABULAR)
def datasets(context: Loaded, table: AsTable) -> Response:
    """The datasets, with the shares of their cells that are observed and that can be imputed."""
    from sids_core.imputation.gaps import find_gaps

    catalogue = _catalogue(context)
    listed = []
    for code, name in catalogue.panel.datasets.items():
        gaps = find_gaps(catalogue, dataset=code)
        cells = gaps.observed.size * len(gaps.indicators)
        listed.append(
            DatasetDescription(
                code=code,
                name=name,
                indicators=len(gaps.indicators),
                observed=float(gaps.observed.sum()) / cells,
                fillable=float(gaps.fillable.sum()) / cells,
            )
        )
    return table(listed, list(DatasetDescription.model_fields), lambda: _rows(listed))


@router.get("/countries", response_model=list[CountryDescription], responses=TABULAR)
def countries(context: Served, table: AsTable) -> Response:  # noqa: ARG001 (an answer needs valid settings)
    """The SIDS: names, regions and coordinates."""
    from sids_core.panel.places import PLACES

    listed = [
        CountryDescription(
            code=place.code,
            name=place.name,
            region=place.region.value,
            longitude=place.longitude,
            latitude=place.latitude,
        )
        for place in sorted(PLACES.values(), key=lambda place: place.code)
    ]
    return table(listed, list(CountryDescription.model_fields), lambda: _rows(listed))


@router.get("/series", response_model=ObservedSeries, responses=TABULAR)
def series(
    indicator: Annotated[str, Field(description="Code of an indicator.", examples=["key-wdi-EG.ELC.ACCS.ZS"])],
    context: Loaded,
    table: AsTable,
    country: Annotated[
        str | None,
        Field(
            description="ISO 3166-1 alpha-3 codes of SIDS, separated by commas or repeated; default: every SIDS with "
            "a value.",
            examples=["FJI,TON"],
        ),
    ] = None,
) -> Response:
    """The observed values of an indicator in several SIDS."""
    from sids_core.panel.observations import observed_series

    panel = context.dataset.panel()
    codes = [code for code in (country or "").replace(" ", "").split(",") if code]
    found = {code: values.tolist() for code, values in observed_series(panel, indicator, codes).items()}
    described = panel.indicator(indicator, "indicator")
    answer = ObservedSeries(
        indicator=indicator,
        name=described.label,
        unit=described.units,
        years=list(panel.years),
        series={code: [value if math.isfinite(value) else None for value in values] for code, values in found.items()},
    )
    return table(
        answer,
        ESTIMATES,
        lambda: (
            (code, year, indicator, value, None, None, OBSERVED)
            for code, values in found.items()
            for year, value in zip(panel.years, values, strict=True)
            if math.isfinite(value)
        ),
    )


@router.get("/gaps", response_model=GapsResponse, responses=TABULAR)
def gaps(context: Loaded, table: AsTable, indicator: Code = None, dataset: Dataset = None) -> Response:
    """What is observed, what can be imputed, and what cannot, of an indicator, a dataset or all of the data."""
    from sids_core.imputation.gaps import find_gaps

    found = find_gaps(_catalogue(context), indicator=indicator, dataset=dataset)
    answer = GapsResponse(
        indicators=len(found.indicators),
        countries=list(found.countries),
        years=list(found.years),
        observed=found.observed.tolist(),
        fillable=found.fillable.tolist(),
        reasons={str(year): reason for year, reason in found.reasons.items()},
    )
    if indicator is None:
        frame = found.to_frame()
        return table(answer, list(frame.columns), lambda: frame.itertuples(index=False, name=None))
    return table(answer, ("country", "year", "indicator", "status"), lambda: _statuses(answer, indicator))


def _catalogue(context: Context) -> Catalogue:
    from sids_core.imputation.catalogue import Catalogue

    return Catalogue(context.dataset.panel(), context.settings.imputation_config())


def _rows(described: Sequence[BaseModel]) -> Iterator[list[object]]:
    """One row each, of its fields; the items of a list are joined by blanks."""
    for each in described:
        values = (value for _, value in each)
        yield [" ".join(map(str, value)) if isinstance(value, list) else value for value in values]


def _statuses(gaps: GapsResponse, indicator: str) -> Iterator[tuple[str, int, str, str]]:
    for country, observed, fillable in zip(gaps.countries, gaps.observed, gaps.fillable, strict=True):
        for year, is_observed, is_fillable in zip(gaps.years, observed, fillable, strict=True):
            status = OBSERVED if is_observed else FILLABLE if is_fillable else NOT_FILLABLE
            yield country, year, indicator, status
