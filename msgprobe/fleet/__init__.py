"""Many lines' words on an engine that exists: packed as Parquet, asked in one SQL for all engines.

There is no server of ours. DuckDB comes with the extra ``fleet``; ClickHouse and Spark are the
user's. Each query is written down once (`msgprobe.fleet.queries`), in the SQL that they share.
"""
