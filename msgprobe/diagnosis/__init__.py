"""Evidence so far becomes the next experiments. Pure and bounded."""
