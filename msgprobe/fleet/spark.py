"""Spark: a cluster of the user's, Spark Connect, or a JVM on this machine."""

from contextlib import suppress

from msgprobe.fleet.engine import Engine, Rows, nothing, refused
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.store import has_none

PARTITIONS = 4
"""Of what a JVM on this machine sorts: the usual 200 are for a cluster, and take minutes here."""


class Spark(Engine):
    """``spark://HOST:7077``, ``local[2]`` or ``sc://HOST:15002``."""

    def __init__(self, url: str, store: str | None) -> None:
        self._name, self._store = url.partition("?")[0].partition(";")[0], store
        try:
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise FleetError(
                "--engine spark: needs a library: pip install 'msgprobe[spark]'"
            ) from None
        self._errors: tuple[type[Exception], ...] = (
            *(PySparkException, Py4JError, OSError, RuntimeError),
        )
        builder = SparkSession.builder.appName("msgprobe")
        builder = builder.remote(url) if url.startswith("sc://") else builder.master(url)
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        if url.startswith("local"):
            builder = builder.config("spark.sql.shuffle.partitions", PARTITIONS)
        try:
            self._session = builder.getOrCreate()
            # which a file says nothing of: a country's name is no date
            self._session.conf.set(
                "spark.sql.sources.partitionColumnTypeInference.enabled", "false"
            )
        except self._errors as error:
            raise refused(self._name, error) from None

    def close(self) -> None:
        """See `Engine`."""
        with suppress(*self._errors):
            self._session.stop()

    def source(self, fact: str) -> str:
        """The store's folder, or the table of the catalogue."""
        if self._store is None:
            return fact
        if has_none(self._store, fact):
            return nothing(fact)
        where = f"{self._store.rstrip('/')}/{fact}".replace("`", "``")
        return f"parquet.`{where}`"

    def rows(self, query: str) -> Rows:
        """The answer."""
        try:
            return [tuple(row) for row in self._session.sql(query).collect()]
        except self._errors as error:
            raise refused(self._name, error) from None
