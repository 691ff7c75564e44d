"""Impute one indicator in one year, read the result, and compare two ensembles.

    make start                                             # once: installs the library and writes demo-data
    .venv/bin/python examples/01_impute_one_indicator.py

Every value of the demo data is synthetic.
"""

import sids_core as sids

INDICATOR, YEAR = "key-wdi-EG.ELC.ACCS.ZS", 2019

panel = sids.open_panel("demo-data")

# The defaults: ten predictors by recursive feature elimination, extra trees, conformal quantile intervals.
result = sids.impute(panel, INDICATOR, YEAR)

# One row per Small Island Developing State. Where the value was observed, lower = upper = value.
frame = result.to_frame()
print(frame[~frame["observed"]].round(1).to_string(index=False))

# How reliable it is: out-of-fold error (in the indicator's unit) and coverage.
print(f"\nout-of-fold RMSE {result.rmse:.1f}, coverage {result.coverage:.0%} of nominal 90 %")

# The most important predictors first.
for code, importance in list(result.importances.items())[:3]:
    print(f"{importance:6.1%}  {panel.indicator(code).name}")

# Options are keyword arguments, or an ImputationConfig to reuse. Equal arguments give equal results.
config = sids.ImputationConfig(ensemble="rfr", n_predictors=5, interval="bootstrap")
other = sids.impute(panel, INDICATOR, YEAR, config=config)
print(f"\nrandom forest, 5 predictors: out-of-fold RMSE {other.rmse:.1f}")
