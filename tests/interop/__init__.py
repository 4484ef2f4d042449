"""Real clients that nobody here wrote against the lab's servers (``make interop``)."""
