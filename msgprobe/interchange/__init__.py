"""Other formats in and out, as values: rows for tables, OONI's data format, Prometheus' samples.

Nothing here opens a file or says more than the run does.
"""
