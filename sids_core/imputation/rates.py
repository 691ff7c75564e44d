"""Seconds for one unit of each term of `sids_core.imputation.cost`, as `python -m benchmarks.rates` finds them.

Processor time of a machine with two cores, on the real data: what an estimate starts from before anything has been run
here.
"""

from types import MappingProxyType

from sids_core.imputation.cost import Terms

RATES: Terms = MappingProxyType(
    {
        "base imputation": {
            "IterativeImputer": 4.7e-06,
            "IterativeImputer, a column": 0.0022,
            "KNNImputer": 4.8e-07,
            "KNNImputer, a column": 1.8e-06,
            "KNNImputer, a row": 2.4e-05,
            "SimpleImputer": 1e-09,
            "SimpleImputer, a column": 5.4e-07,
            "SimpleImputer, a row": 9e-07,
        },
        "cross-fitting": {
            "AFS": 5e-07,
            "AFS, a fit": 0.016,
            "MANUAL": 4.9e-07,
            "MANUAL, a fit": 0.0004,
            "PCA": 6.3e-08,
            "all, a cell": 3e-07,
            "all, a tree": 0.00013,
            "all, quantile": 1.6e-08,
            "etr, a cell": 4e-08,
            "etr, a tree": 3.2e-05,
            "etr, bootstrap": 4.4e-09,
            "etr, quantile": 1.1e-08,
            "gbr, a cell": 2.2e-07,
            "gbr, a tree": 9.8e-05,
            "gbr, quantile": 3.3e-08,
            "rfr, a cell": 3.9e-08,
            "rfr, a row": 8.5e-09,
            "rfr, a tree": 2.5e-05,
            "rfr, bootstrap": 5.8e-09,
            "rfr, quantile": 1e-08,
        },
        "intervals": {
            "all, bootstrap": 9.5e-08,
            "all, bootstrap, a tree": 6e-06,
            "all, quantile": 1.1e-08,
            "all, quantile, a tree": 4.2e-05,
            "bootstrap": 0.00014,
            "etr, bootstrap": 9.2e-08,
            "etr, quantile": 1.5e-07,
            "etr, quantile, a tree": 2.7e-06,
            "gbr, bootstrap": 5.4e-08,
            "gbr, bootstrap, a tree": 6.6e-06,
            "gbr, quantile": 2.3e-06,
            "gbr, quantile, a tree": 4.1e-05,
            "quantile": 1.5e-05,
            "rfr, bootstrap": 2e-08,
            "rfr, quantile": 8e-08,
            "rfr, quantile, a tree": 6.4e-06,
        },
        "slice": {
            "cell": 3.5e-08,
            "once": 0.00051,
        },
        "report": {
            "once": 0.0006,
            "predictor": 1.2e-07,
        },
    }
)
