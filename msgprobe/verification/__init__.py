"""The catalogue beside what its endpoints answer on an open line (``msgprobe services verify``)."""
