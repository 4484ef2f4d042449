"""Values become text: pure, redacted first, everything from the network escaped."""
