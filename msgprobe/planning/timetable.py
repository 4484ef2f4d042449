"""When things are begun, repeated and given up, and how often: every such number of a plan."""

TRAIN, TRAIN_SPACING = 25, 0.04
"""A train: as many packets a second as speech has, for one second."""

TRAIN_SECONDS = TRAIN * TRAIN_SPACING
"""What sending a train takes."""
