"""Writes the files that TableFilesTest reads: python python.py, with pyarrow and duckdb installed."""
import json
import math

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

columns = {
    "whole": pa.array([9007199254740993, -5, None, -(2**63), 0, 2**63 - 1], pa.int64()),
    "real": pa.array([0.1, math.nan, math.inf, -math.inf, None, -0.0], pa.float64()),
    "text": pa.array([' Zürich "q",\n東京', "", None, "NaN", '\\NaN"Infinity', "🧠\u2028"], pa.string()),
    "yes": pa.array([True, False, None, True, True, False], pa.bool_()),
    "none": pa.array([None] * 6, pa.float64()),
    "more": pa.array([[1, 2]] * 6, pa.list_(pa.int64())),      # what no cell of a table is
}
rows = pa.table(columns)
pq.write_table(rows, "pyarrow-snappy.parquet", compression="snappy", row_group_size=4)
pq.write_table(rows, "pyarrow-zstd.parquet", compression="zstd", data_page_version="2.0", use_dictionary=False)
duckdb.sql("copy rows to 'duckdb.parquet' (format parquet)")
with open("python.jsonl", "w", encoding="utf-8") as file:
    for row in rows.to_pylist():
        file.write(json.dumps(row) + "\n")
