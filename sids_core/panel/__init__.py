"""The dataset as a panel: countries × indicators × years.

In the order in which a dataset passes through them: `layout` finds the files of the three tables; `read_text` opens
them and reads the metadata's rows, `read_data` and `read_series` the observations; `metadata` interprets the rows;
`report` collects what was wrong; `tables` checks the three together; `pack` makes the `panel` and keeps it on disk.
`open` is the library's entrance; `write` and `merge` make new tables; `demo` generates synthetic ones.
"""
