"""Two-level imputation of one indicator in one year.

Start with `impute.py`, the whole method on one page. `training_data.py` makes the matrices, `catalogue.py` lists the
possible targets and predictors, `cross_fitting.py` trains and predicts out of fold, `model_selection.py` chooses the
configuration, `result.py` holds the result; `fill.py` imputes many indicators and years. `base_imputers/`,
`selection/`, `ensembles/` and `intervals/` are registries of interchangeable parts.
"""
