"""What leaves this device: by a list of what may stay, so that what nobody thought of is dropped.

`table` says of every field of the evidence how it is kept and why; `known` holds the words that are
nobody's secret; `redactor` applies the one with the other; `reveals` tells what is left.
"""
