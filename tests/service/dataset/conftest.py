"""Small tables that a test can break in one place, and datasets over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sids_core.panel.findings import Report
from sids_core.panel.tables import Tables, read_tables
from sids_service.dataset.dataset import Dataset
from sids_service.dataset.store import Store

DEADLINE_SECONDS = 60
REFRESH_SECONDS = 0.1
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
        self.write("datasetMeta.csv", "Dataset Code,Dataset Name\nwdi,World figures\nkey,Key figures\n")
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

    def read(self) -> tuple[Tables | None, Report]:
        files = {table: next(self.folder.glob(f"{table}.*")) for table in TABLES}
        return read_tables(files)


@pytest.fixture
def small(tmp_path: Path) -> SmallTables:
    return SmallTables(tmp_path / "small")


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[Store], Dataset]]:
    opened: list[Dataset] = []

    def open_it(store: Store) -> Dataset:
        dataset = Dataset(store, tmp_path / "cache", REFRESH_SECONDS)
        dataset.start()
        opened.append(dataset)
        return dataset

    yield open_it
    for dataset in opened:
        dataset.stop()
