"""Seconds for one unit of each term of `sids_core.imputation.cost`, as `python -m benchmarks.rates` finds them.

Measured on two cores on the real data: what an estimate starts from before anything has been run here.
"""

from types import MappingProxyType

from sids_core.imputation.cost import Terms

RATES: Terms = MappingProxyType(
    {
        "base imputation": {
            "IterativeImputer": 1.1e-05,
            "IterativeImputer, a column": 0.002,
            "IterativeImputer, a row": 6.8e-14,
            "KNNImputer": 8.9e-07,
            "KNNImputer, a column": 5e-06,
            "KNNImputer, a row": 2e-05,
            "SimpleImputer": 9.5e-10,
            "SimpleImputer, a column": 4.7e-07,
            "SimpleImputer, a row": 1.2e-06,
        },
        "cross-fitting": {
            "AFS": 1.2e-06,
            "AFS, a fit": 0.057,
            "MANUAL": 1.4e-12,
            "MANUAL, a fit": 0.0021,
            "PCA": 1.5e-07,
            "PCA, a fit": 0.0016,
            "all, a cell": 7.2e-07,
            "all, a row": 1.9e-06,
            "all, a tree": 0.00021,
            "all, bootstrap": 1.7e-13,
            "all, quantile": 6.6e-08,
            "etr, a cell": 7.7e-08,
            "etr, a row": 5e-13,
            "etr, a tree": 6.8e-05,
            "etr, bootstrap": 1.5e-08,
            "etr, quantile": 2.1e-08,
            "gbr, a cell": 6.2e-07,
            "gbr, a row": 4.2e-13,
            "gbr, a tree": 0.00013,
            "gbr, bootstrap": 2.3e-14,
            "gbr, quantile": 2e-07,
            "rfr, a cell": 9.6e-08,
            "rfr, a row": 3.2e-13,
            "rfr, a tree": 6e-05,
            "rfr, bootstrap": 3e-14,
            "rfr, quantile": 4.4e-08,
        },
        "intervals": {
            "all, bootstrap": 5.7e-08,
            "all, bootstrap, a tree": 6.7e-06,
            "all, quantile": 2.8e-14,
            "all, quantile, a tree": 0.00011,
            "bootstrap": 0.00022,
            "etr, bootstrap": 1.5e-08,
            "etr, bootstrap, a tree": 8.9e-13,
            "etr, quantile": 2.7e-07,
            "etr, quantile, a tree": 9.5e-06,
            "gbr, bootstrap": 3.2e-07,
            "gbr, bootstrap, a tree": 2.2e-13,
            "gbr, quantile": 7.5e-06,
            "gbr, quantile, a tree": 6.8e-12,
            "quantile": 9.1e-06,
            "rfr, bootstrap": 1.9e-15,
            "rfr, bootstrap, a tree": 2.9e-13,
            "rfr, quantile": 3e-07,
            "rfr, quantile, a tree": 1.8e-13,
        },
        "slice": {
            "cell": 5.2e-08,
            "once": 0.00036,
        },
        "report": {
            "once": 0.00063,
            "predictor": 1.3e-07,
        },
    }
)
