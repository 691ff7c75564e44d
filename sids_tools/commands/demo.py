"""`sids data demo`: something to try everything with."""

from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from sids_core.files import write_file
from sids_service.errors import ConfigurationError


def demo(
    out: Annotated[Path, typer.Argument(help="A new folder for the three tables, or a new .xlsx or .csv file.")],
) -> None:
    """Write synthetic data: the three tables, or a part of them as a spreadsheet with names of countries.

    \b
    Examples:
      sids data demo demo-data
      sids data demo spreadsheet.xlsx
    """  # noqa: D301
    from sids_core.panel.demo import demo_spreadsheet, write_demo_data

    if out.suffix not in ("", ".xlsx", ".csv"):
        raise ConfigurationError(f"{out}: its ending is unknown; allowed: .xlsx, .csv, and none for a folder")
    if out.suffix and out.exists():
        raise ConfigurationError(f"{out} exists; demo data is written into a new file")
    if not out.suffix:
        write_demo_data(out)
        typer.echo(f"{out}: the three tables, synthetic")
        return
    frame, content = demo_spreadsheet(), BytesIO()
    if out.suffix == ".xlsx":
        frame.to_excel(content, index=False, sheet_name="Indicators")
    else:
        frame.to_csv(content, index=False)
    write_file(out, content.getvalue())
    typer.echo(f"{out}: {len(frame)} series of {frame['Country'].nunique()} countries, synthetic")
