"""Registries: one file and one entry add a part everywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sids_core.errors import UnknownValueError
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.ensembles import ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import SELECTORS
from sids_core.registry import Entry, Registry

PROJECT = Path(__file__).resolve().parents[2]

ONE_FILE = """
import numpy as np
from sids_core.imputation.ensembles import Setting

class LinearModel:
    settings = (Setting(None),)

    def __init__(self, n_estimators):
        pass

    def fit(self, X, y, sample_weight):
        self.slopes_ = np.linalg.lstsq(X * sample_weight[:, None], y * sample_weight, rcond=None)[0]
        return self

    def predict(self, X, settings=None):
        return LinearPredictions((X @ self.slopes_)[None])

    def importances(self, setting):
        return np.abs(self.slopes_) / np.abs(self.slopes_).sum()

class LinearPredictions:
    def __init__(self, predicted):
        self.predicted = predicted

    def quantiles(self, setting, levels):
        return np.repeat(self.predicted, len(levels), axis=0)
"""

ONE_ENTRY = """
from sids_core.imputation import ensembles
entry = ensembles.EnsembleEntry(label="Linear model", factory="linear_model:LinearModel")
ensembles.ENSEMBLES = ensembles.ENSEMBLES | {"lin": entry}
"""

SEEN = """
import json
import numpy as np
from sids_core import impute
from sids_core.imputation.ensembles import ensembles_to_fit
from sids_core.panel.panel import SIDS
from sids_core.panel.panel import Indicator, Panel

values = np.random.default_rng(0).normal(size=(1, 50, 3))
values[0, :, 0] = values[0, :, 1]
values[0, :5, 0] = np.nan
indicators = tuple(Indicator(f"d-{number}", "", "d") for number in range(3))
observed = np.isfinite(values).sum(axis=1)
panel = Panel("", tuple(sorted(SIDS)), indicators, {"d": ""}, (2001,), values, observed)
result = impute(panel, "d-0", 2001, ensemble="lin", n_predictors=1, n_estimators=1)

from blueprints.imputation import PredictRequest, router
from sids_core.imputation.config import ImputationConfig
from sids_service.estimates import Estimates, imputation_workload
from sids_service.web.forms import forms
from typer.testing import CliRunner
from sids_tools.commands import app

body = {"target_year": 2001, "target": "d-0", "interpolator": "KNNImputer", "scheme": "AFS", "number_predictor": 1,
        "estimators": 1, "model": "lin", "interval": "quantile"}
(form,) = forms(router.routes)
print(json.dumps({
    "imputed by": [result.configuration.ensemble, result.rmse],
    "all": list(ensembles_to_fit("all", 1)),
    "accepted": PredictRequest.model_validate(body).model,
    "schema": PredictRequest.model_json_schema()["properties"]["model"]["enum"],
    "estimate": Estimates().seconds(imputation_workload(panel, "d-0", 2001, config=ImputationConfig(ensemble="lin"))),
    "help": CliRunner().invoke(app, ["batch", "--help"]).output,
    "form": next(told.values for told in form.inputs if told.parameter == "model"),
}))
"""


def test_an_ensemble_is_added_by_one_file_and_one_entry(tmp_path: Path) -> None:
    (tmp_path / "linear_model.py").write_text(ONE_FILE)
    seen = json.loads(python(ONE_ENTRY + SEEN, tmp_path))
    ensemble, rmse = seen["imputed by"]
    assert ensemble == "lin"
    assert 0 < rmse < 0.3
    assert seen["all"] == ["etr", "rfr", "gbr", "lin"]
    assert seen["accepted"] == "lin"
    assert seen["schema"] == ["rfr", "gbr", "etr", "lin", "all"]
    assert ["lin", "Linear model"] in seen["form"]
    assert seen["estimate"] > 0
    assert "rfr, gbr, etr, lin or all." in seen["help"]


def test_importing_the_library_or_a_registry_imports_no_numerical_library() -> None:
    code = "import sys, sids_core, sids_core.imputation.config, sids_service.dashboard; print(*sys.modules)"
    modules = python(code).split()
    assert "sids_core.imputation.ensembles" in modules
    assert not {"numpy", "scipy", "sklearn", "pandas"} & set(modules)


@pytest.mark.parametrize("registry", [ENSEMBLES, SELECTORS, BASE_IMPUTERS, INTERVALS])
def test_every_entry_has_a_label_and_a_factory(registry: Registry[Entry, object]) -> None:
    for name, entry in registry.items():
        assert entry.label
        assert callable(registry.load(name))


def test_a_registry_is_not_changed_by_what_is_added_to_it() -> None:
    registry: Registry[Entry, type] = Registry({"list": Entry(label="List", factory="builtins:list")})
    more = registry | {"dict": Entry(label="Dictionary", factory="builtins:dict")}
    assert (list(registry), list(more)) == (["list"], ["list", "dict"])
    assert more.load("dict") is dict
    assert more.labels() == (("list", "List"), ("dict", "Dictionary"))
    with pytest.raises(TypeError):
        more["set"] = Entry(label="Set", factory="builtins:set")  # type: ignore[index]


def test_an_unknown_name_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(UnknownValueError, match="ensemble 'x' is unknown; allowed: rfr, gbr, etr, all") as caught:
        ENSEMBLES.check("x", "ensemble", "all")
    assert caught.value.parameter == "ensemble"
    ENSEMBLES.check("all", "ensemble", "all")


def python(code: str, *folders: Path) -> str:
    path = ":".join(map(str, (PROJECT, *folders)))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
