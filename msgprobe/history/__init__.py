"""Remembers on this device: runs, words, series, gaps and what happened. The only room with SQL.

Off unless asked for. What is kept is redacted evidence and words, in a file of its owner's.
"""
