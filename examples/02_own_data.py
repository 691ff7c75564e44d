"""Impute your own table: any pandas DataFrame with one row per observation.

    .venv/bin/python examples/02_own_data.py

The table is taken from the demo data, so that the script runs unchanged; replace `my_table` by your own.
"""

import pandas as pd

import sids_core as sids

TARGET = "key-wdi-EG.ELC.ACCS.ZS"
CANDIDATES = ["env-DEMO.065.S", "env-DEMO.009.X", "env-DEMO.049.T", "key-DEMO.057.U", "key-DEMO.002.PC"]


def my_table() -> pd.DataFrame:
    """Columns country (ISO alpha-3), indicator, year and value; missing observations have no row."""
    wide = pd.read_csv("demo-data/indicatorData.csv.gz")
    wide = wide[wide["Indicator Code"].isin([TARGET, *CANDIDATES])]
    long = wide.melt(["Country Code", "Indicator Code"], var_name="year")
    return long.rename(columns={"Country Code": "country", "Indicator Code": "indicator"}).dropna()


table = my_table()
print(table.head(3).to_string(index=False))

# Also accepted: a wide table (one column per year), a .csv, .xlsx or .parquet file, or a folder with the three tables.
panel = sids.open_panel(table)

# With few candidates, name the predictors instead of selecting them. Keep countries outside the SIDS in the table: they
# are part of the training set.
result = sids.impute(panel, TARGET, 2019, selection="MANUAL", predictors=CANDIDATES)
frame = result.to_frame()
print(frame[~frame["observed"]].round(1).to_string(index=False))
print(f"\nout-of-fold RMSE {result.rmse:.1f}, coverage {result.coverage:.0%}")

# To keep the result with its intervals: result.to_excel("imputed.xlsx"), or to draw it: result.plot()
