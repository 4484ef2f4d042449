"""One network operation becomes one observation."""
