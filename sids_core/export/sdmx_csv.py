"""Filled values as SDMX-CSV 2.0, in which statistical offices exchange data without losing what was imputed.

Format: https://github.com/sdmx-twg/sdmx-csv. Codes: https://sdmx.org/sdmx_cdcl, CL_OBS_STATUS (A normal value,
I imputed value), CL_CONF_STATUS (F free) and CL_FREQ (A annual).
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.errors import RequestError
from sids_core.export.csv_file import csv_text, write_csv

if TYPE_CHECKING:
    from pandas import DataFrame

DATAFLOW = "SIDS:DF_FILLED(1.0)"
"""The structure that is named where none is given: agency, id and version."""

STRUCTURE = re.compile(r"[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*:[\w@$-]+\([0-9]+(\.[0-9]+){1,2}(-[\w-]+)?\+?\)", re.ASCII)

COLUMNS = {
    "REF_AREA": "country",
    "INDICATOR": "indicator",
    "TIME_PERIOD": "year",
    "OBS_VALUE": "value",
    "OBS_STATUS": "",
    "CONF_STATUS": "",
    "UNIT_MEASURE": "units",
    "LOWER_BOUND": "lower",
    "UPPER_BOUND": "upper",
    "EXPECTED_ERROR": "expected_error",
    "EVIDENCE": "evidence",
    "METHOD": "method",
    "UNRELIABLE": "unreliable",
}
"""Component → column of a filled table."""

OF_IMPUTED = ("LOWER_BOUND", "UPPER_BOUND", "EXPECTED_ERROR", "EVIDENCE", "METHOD", "UNRELIABLE")
"""Attributes that observed values do not have."""


def sdmx_frame(frame: "DataFrame", dataflow: str = DATAFLOW) -> "DataFrame":
    """The rows of a filled table under the names of SDMX components.

    Dimensions: FREQ (always A, annual), REF_AREA (ISO 3166-1 alpha-3), INDICATOR, TIME_PERIOD. Attributes: OBS_STATUS
    (A observed, I imputed), CONF_STATUS (F), UNIT_MEASURE, and, of imputed values only, the bounds of their 90 %
    prediction interval and what they rest on.

    Args:
        frame: a table as of `FillResult.to_frame`.
        dataflow: agency, id and version of the dataflow that the data is of.

    Raises:
        RequestError: the dataflow is not of that form.
    """
    import pandas as pd

    if not STRUCTURE.fullmatch(dataflow):
        raise RequestError(f"dataflow {dataflow!r} is not of the form AGENCY:ID(1.0)", parameter="dataflow")
    observed = frame["observed"]
    columns: dict[str, object] = {"STRUCTURE": "dataflow", "STRUCTURE_ID": dataflow, "ACTION": "I", "FREQ": "A"}
    for component, column in COLUMNS.items():
        if column:
            columns[component] = frame[column].where(~observed, None) if component in OF_IMPUTED else frame[column]
        else:
            columns[component] = observed.map({True: "A", False: "I"}) if component == "OBS_STATUS" else "F"
    columns["UNRELIABLE"] = frame["unreliable"].map({True: "true", False: "false"}).where(~observed, None)
    return pd.DataFrame(columns, index=frame.index)


def sdmx_text(frame: "DataFrame", dataflow: str = DATAFLOW) -> str:
    """A filled table as SDMX-CSV 2.0."""
    return csv_text(sdmx_frame(frame, dataflow))


def write_sdmx_csv(frame: "DataFrame", path: Path, dataflow: str = DATAFLOW) -> None:
    """Write a filled table as SDMX-CSV 2.0, atomically replacing an existing file.

    Raises:
        RequestError: the dataflow is not of the form AGENCY:ID(1.0).
        OSError: the file cannot be written.
    """
    write_csv(sdmx_frame(frame, dataflow), path)
