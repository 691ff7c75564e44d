"""Statistics of Small Island Developing States: imputation, interpolation, similarity, survey clustering.

Names are imported on first use, so that `import sids_core` loads no numerical library.

>>> import sids_core as sids
>>> from sids_core.panel.demo import demo_panel
>>> result = sids.impute(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", year=2001, ensemble="rfr", n_estimators=20)
>>> len(result.to_frame())
50
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

__version__ = "0.3.0.dev1"

if TYPE_CHECKING:
    from sids_core.errors import DatasetError as DatasetError
    from sids_core.errors import DataUnavailableError as DataUnavailableError
    from sids_core.errors import MissingExtraError as MissingExtraError
    from sids_core.errors import RequestError as RequestError
    from sids_core.errors import SidsError as SidsError
    from sids_core.errors import TableError as TableError
    from sids_core.errors import UnknownValueError as UnknownValueError
    from sids_core.evaluation.evaluate import evaluate as evaluate
    from sids_core.evaluation.evaluation import Evaluation as Evaluation
    from sids_core.gap_filling.gap_filler import GapFiller as GapFiller
    from sids_core.imputation.config import ImputationConfig as ImputationConfig
    from sids_core.imputation.fill import fill as fill
    from sids_core.imputation.filled import FillResult as FillResult
    from sids_core.imputation.impute import impute as impute
    from sids_core.imputation.result import ImputationResult as ImputationResult
    from sids_core.interpolation.interpolate import interpolate as interpolate
    from sids_core.panel.open import open_panel as open_panel
    from sids_core.similarity.cluster import cluster_countries as cluster_countries
    from sids_core.similarity.correlate import correlate as correlate
    from sids_core.survey.cluster import cluster_survey as cluster_survey

_PLACES = MappingProxyType(
    {
        "open_panel": "sids_core.panel.open",
        "impute": "sids_core.imputation.impute",
        "fill": "sids_core.imputation.fill",
        "FillResult": "sids_core.imputation.filled",
        "ImputationConfig": "sids_core.imputation.config",
        "ImputationResult": "sids_core.imputation.result",
        "evaluate": "sids_core.evaluation.evaluate",
        "Evaluation": "sids_core.evaluation.evaluation",
        "GapFiller": "sids_core.gap_filling.gap_filler",
        "interpolate": "sids_core.interpolation.interpolate",
        "correlate": "sids_core.similarity.correlate",
        "cluster_countries": "sids_core.similarity.cluster",
        "cluster_survey": "sids_core.survey.cluster",
        "MissingExtraError": "sids_core.errors",
        "SidsError": "sids_core.errors",
        "RequestError": "sids_core.errors",
        "UnknownValueError": "sids_core.errors",
        "DatasetError": "sids_core.errors",
        "TableError": "sids_core.errors",
        "DataUnavailableError": "sids_core.errors",
    }
)
"""The module of each public name."""

__all__ = (  # noqa: PLE0604
    *_PLACES,
    "__version__",
)


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
