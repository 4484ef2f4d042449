"""What hurts on purpose, and takes too long for the tests: `make torture`."""
