"""Bytes become values and back. No I/O, no clock; total on any bytes.

What proves WhatsApp's and Telegram's servers (`aes`, `gcm`, `curve25519`) is plain Python: a
library of ciphers would take ten megabytes of every run. How long it takes depends on the keys, as
it may, for these live a moment and guard nothing.
"""
