"""The dataset as a panel: countries × indicators × years.

Entry point: `open`. In the order of reading: `layout` finds the files of the three tables and `digests` compares them;
`read_text` opens them and reads the metadata's rows, `read_data` and `read_series` the observations, `parquet` (by the
process `parquet_reader`) those in Parquet; `metadata` interprets the rows; `report` collects errors and repairs;
`tables` checks the three together; `pack` stores the `panel` on disk, its values as `sparse`. `write` and `merge` make
new tables; `demo` generates synthetic ones.
"""
