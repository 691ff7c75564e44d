"""Seconds for one unit of each term of `sids_core.imputation.cost`, as `python -m benchmarks.rates` finds them.

Processor time of a machine with two cores, on the real data: what an estimate starts from before anything has been run
here.
"""

from types import MappingProxyType

from sids_core.imputation.cost import Terms

RATES: Terms = MappingProxyType(
    {
        "base imputation": {
            "IterativeImputer": 1.5e-06,
            "IterativeImputer, a column": 0.0028,
            "KNNImputer": 6.1e-07,
            "KNNImputer, a row": 2.8e-05,
            "SimpleImputer": 1.5e-09,
            "SimpleImputer, a column": 5.4e-07,
            "SimpleImputer, a row": 9.5e-07,
        },
        "cross-fitting": {
            "AFS": 3.4e-07,
            "AFS, a fit": 0.018,
            "MANUAL": 3.8e-07,
            "MANUAL, a fit": 0.00082,
            "PCA": 4.4e-08,
            "PCA, a fit": 0.0011,
            "all, a cell": 3.1e-07,
            "all, a row": 8.6e-08,
            "all, a tree": 0.00017,
            "etr, a cell": 1.6e-08,
            "etr, a tree": 3e-05,
            "etr, bootstrap": 5.6e-09,
            "etr, quantile": 4.3e-09,
            "gbr, a cell": 2.2e-07,
            "gbr, a row": 2.3e-07,
            "gbr, a tree": 0.00012,
            "gbr, quantile": 6.6e-08,
            "rfr, a cell": 2.6e-08,
            "rfr, a tree": 2.5e-05,
            "rfr, bootstrap": 9.2e-09,
            "slopes": 7.2e-10,
        },
        "intervals": {
            "all, bootstrap": 4.2e-07,
            "all, bootstrap, a tree": 1.1e-05,
            "all, quantile": 9.7e-08,
            "all, quantile, a tree": 2.3e-05,
            "bootstrap": 0.00017,
            "etr, bootstrap": 2e-07,
            "etr, quantile": 8.7e-08,
            "etr, quantile, a tree": 1.2e-06,
            "gbr, bootstrap": 9.6e-09,
            "gbr, bootstrap, a tree": 1.1e-05,
            "gbr, quantile": 2.8e-06,
            "gbr, quantile, a tree": 8.8e-05,
            "quantile": 3e-05,
            "rfr, bootstrap": 1.6e-07,
            "rfr, quantile, a tree": 4.4e-06,
        },
        "slice": {
            "cell": 3.7e-08,
            "once": 0.00054,
        },
        "report": {
            "once": 0.00064,
            "predictor": 5.3e-08,
        },
    }
)
