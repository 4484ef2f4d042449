"""Errors of a run's words by chance alone: the planner and the judge on made-up lines."""
