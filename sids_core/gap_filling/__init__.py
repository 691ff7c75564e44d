"""Two-level imputation of every column of a table, in scikit-learn's form.

`gap_filler.py` is the transformer, `column_model.py` the models of one column, `table.py` the table as a panel of one
year.
"""
