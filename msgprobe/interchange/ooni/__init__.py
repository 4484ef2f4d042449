"""OONI's data format 0.2.0, out and in.

Sources: ooni/spec data-formats (df-000 to df-009) and nettests ts-017 to ts-020, ts-029; the rules
of the test keys as in ooni/probe-cli 3.31.0-alpha. This program never submits anything to OONI.
"""
