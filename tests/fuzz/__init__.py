"""Coverage-guided fuzzing of what reads bytes from the network (``make fuzz``), outside CI."""
