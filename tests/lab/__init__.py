"""A simulated Internet with a censor in it: real kernels, no way out."""
