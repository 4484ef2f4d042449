"""Runs as Parquet, the columns of the table with their types; needs the extra ``parquet``."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, BinaryIO, get_type_hints

from msgprobe.interchange.rows import Row, rows
from msgprobe.model.codec import to_json
from msgprobe.model.run import Run
from msgprobe.report.messages import english

AT_ONCE = 20_000
"""Rows of a row group: some megabytes of memory, and still few groups to read."""


def write(runs: Iterable[Run], out: BinaryIO) -> None:
    """The rows of all ``runs``, compressed. Raises ImportError without the library."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(pa)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        batch: list[Any] = []
        for run in runs:
            batch += (to_json(row) for row in rows(run, english))
            if len(batch) >= AT_ONCE:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _schema(pa: Any) -> Any:
    kinds = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
    }
    hints = get_type_hints(Row)
    columns = []
    for one in fields(Row):
        kind = hints[one.name]
        plain = next((k for k in kinds if kind is k or kind == k | None), None)
        columns.append(pa.field(one.name, pa.list_(pa.string()) if plain is None else kinds[plain]))
    return pa.schema(columns)
