"""Fuzzing of what reads bytes from the network, guided or blind (``make fuzz``), outside CI."""
