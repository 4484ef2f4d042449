"""A line's state for scrapers: an exporter for Prometheus that measures when it is asked to.

It measures what was fixed at its start and nothing else, one run at a time and no more often than
its interval; who asks chooses nothing but which of those services. It says no more than metrics.
"""
