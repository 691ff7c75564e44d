"""Tables that other people made: spreadsheets, and the downloads of statistical agencies.

Entry point: `read`. In the order of reading: `options` says what the caller knows, `cells` reads the file (`dialect`
the text, `excel` the sheets), `header` finds the table in it, `layout` what each column is (by `column_search` and the
names that `roles` knows). `numbers`, `periods` and `places` understand cells, `columns` and `row_places` whole columns;
`observations` are those of one table, `indicators` their codes, and `combine` joins several tables. `understood` says
what was understood.
"""
