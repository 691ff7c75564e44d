"""One sensible call for every endpoint, on demo data. Whoever adds an endpoint adds its call.

The contract's list of endpoints is `{(call.method, call.path) for call in CALLS[model]}`; tests compare it with the
functions that are registered, and run every call through the local host and the Functions worker.
"""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from blueprints import MODELS
from tests.call import Call

TARGET = {"target_year": "2001", "dataset": "key", "target": "key-wdi-EG.ELC.ACCS.ZS"}
PREDICT = {
    "manual_predictors": ["wdi-AG.LND.AGRI.K2"],
    "interpolator": "KNNImputer",
    "scheme": "MANUAL",
    "estimators": 10,
    "model": "rfr",
    "interval": "quantile",
    **TARGET,
}

SURVEY = {
    "data": {"Main income": ["fishing", "tourism", "fishing"], "Household size": [4, 2, 5]},
    "metadata": {
        "Question Name": ["Main income", "Household size"],
        "Type": ["categorical", "continuous"],
        "Factor": ["Livelihood", "Livelihood"],
    },
    "factor": "Livelihood",
}

ECONOMY_2001 = {"dataset": "key", "category": "Economy", "year": "2001"}
NO_JOB = "0" * 32
SERIES = {"target": TARGET["target"], "country": "FJI", "method": "linear", "direction": "both"}

CONTRACT: Mapping[str, tuple[Call, ...]] = MappingProxyType(
    {
        "service": (
            Call("service_root", "GET", "/"),
            Call("service_health", "GET", "/health"),
            Call("service_ready", "GET", "/ready"),
            Call("service_datasets", "GET", "/datasets"),
            Call("service_params", "GET", "/params"),
            Call("service_openapi_json", "GET", "/openapi.json"),
            Call("service_explore", "GET", "/explore"),
            Call("service_explore_file", "GET", "/explore/style.css", route_params={"file": "style.css"}),
            Call("service_docs", "GET", "/docs"),
            Call("service_docs_file", "GET", "/docs/swagger-ui.css", route_params={"file": "swagger-ui.css"}),
        ),
        "data": (
            Call("data_indicators", "GET", "/data/indicators", {"search": "electricity"}),
            Call("data_datasets", "GET", "/data/datasets"),
            Call("data_countries", "GET", "/data/countries"),
            Call("data_series", "GET", "/data/series", {"indicator": TARGET["target"], "country": "FJI,TON"}),
            Call("data_gaps", "GET", "/data/gaps", {"dataset": "key"}),
        ),
        "jobs": (
            Call("jobs_id", "GET", f"/jobs/{NO_JOB}", route_params={"id": NO_JOB}, status=404),
            Call("jobs_id_result", "GET", f"/jobs/{NO_JOB}/result", route_params={"id": NO_JOB}, status=404),
            Call("jobs_id_cancel", "POST", f"/jobs/{NO_JOB}/cancel", route_params={"id": NO_JOB}, status=404),
        ),
        "twolvlImp": (
            Call("twolvlImp_target_sample_size", "GET", "/twolvlImp/target_sample_size"),
            Call("twolvlImp_predictor_sample_size", "GET", "/twolvlImp/predictor_sample_size"),
            Call("twolvlImp_target_years", "GET", "/twolvlImp/target_years"),
            Call("twolvlImp_datasets", "GET", "/twolvlImp/datasets", {"target_year": "2001"}),
            Call("twolvlImp_targets", "GET", "/twolvlImp/targets", {"target_year": "2001", "dataset": "key"}),
            Call("twolvlImp_dimensions", "GET", "/twolvlImp/dimensions", TARGET),
            Call("twolvlImp_predictors", "POST", "/twolvlImp/predictors", body={**TARGET, "scheme": "MANUAL"}),
            Call("twolvlImp_estimate", "POST", "/twolvlImp/estimate", body=PREDICT),
            Call("twolvlImp_predict", "POST", "/twolvlImp/predict", body=PREDICT),
        ),
        "survey": (Call("survey_clustering", "POST", "/survey/clustering", body=SURVEY),),
        "correlation": (
            Call("correlation_years", "GET", "/correlation/years"),
            Call("correlation_datasets", "GET", "/correlation/datasets", {"year": "2001"}),
            Call("correlation_categories", "GET", "/correlation/categories", {"dataset": "key", "year": "2001"}),
            Call("correlation_countries", "GET", "/correlation/countries", ECONOMY_2001),
            Call("correlation_correlate", "POST", "/correlation/correlate", body={**ECONOMY_2001, "country": "FJI"}),
            Call("correlation_cluster", "POST", "/correlation/cluster", body={**ECONOMY_2001, "k": 3}),
        ),
        "statimpute": (
            Call("statimpute_targets", "GET", "/statimpute/targets"),
            Call("statimpute_countries", "GET", "/statimpute/countries", {"target": SERIES["target"]}),
            Call("statimpute_methods", "GET", "/statimpute/methods"),
            Call("statimpute_impute", "POST", "/statimpute/impute", body=SERIES),
        ),
        "sampleapi": (
            Call("sampleapi_test_endpoint1", "POST", "/sampleapi/test_endpoint1", body={"requiredField": "x"}),
            Call("sampleapi_test_endpoint2", "POST", "/sampleapi/test_endpoint2", {"name": "Bob"}),
        ),
    }
)
CALLS = CONTRACT


def served() -> tuple[Call, ...]:
    """The calls of the service, its jobs and every model in the registry."""
    return tuple(call for model in ("service", "data", "jobs", *MODELS) for call in CALLS[model])


def as_json() -> list[dict[str, Any]]:
    """The calls in a form that another process can read."""
    return [asdict(call) for call in served()]
