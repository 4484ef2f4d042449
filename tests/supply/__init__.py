"""What development and CI install: the locks, and what is publicly known to be wrong with it."""
