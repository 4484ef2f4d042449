"""Bytes become values and back. No I/O, no clock; total on any bytes."""
