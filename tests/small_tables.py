"""Small tables that a test can break in one place."""

from dataclasses import dataclass
from pathlib import Path

from sids_core.panel.report import ValidationReport
from sids_core.panel.tables import Tables, read_tables

TABLES = ("indicatorMeta", "datasetMeta", "indicatorData")


@dataclass
class SmallTables:
    """A folder with three small, faultless tables as CSV."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write(
            "indicatorMeta.csv",
            "Indicator Code,Indicator,Units,Category,Subcategory,Dimension,Dataset\n"
            'wdi-A,Forest,%,Environment,None,None,wdi\nwdi-B,"Schools, all",none,Education,none,female,wdi\n'
            "key-C,Power,%,Digital,,nan,key\n",
        )
        self.write("datasetMeta.csv", "Dataset Code,Dataset Name\nwdi,World values\nkey,Key values\n")
        self.write(
            "indicatorData.csv",
            "Country Code,Indicator Code,2000,2001\n"
            "FJI,wdi-A,1.1,2\nFJI,wdi-B,,3e2\nUSA,wdi-A,0.1,\nUSA,key-C,7,8\nTON,key-C,,\n",
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.text(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def read(self) -> tuple[Tables | None, ValidationReport]:
        files = {table: next(self.folder.glob(f"{table}.*")) for table in TABLES}
        return read_tables(files)
