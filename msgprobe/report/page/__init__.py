"""One page about saved runs, to be handed to somebody: a lawyer, a journalist, an engineer."""
