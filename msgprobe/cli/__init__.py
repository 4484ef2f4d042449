"""Arguments in, text and an exit status out. Measures nothing, judges nothing."""
