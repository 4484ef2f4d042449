"""Order of the days: what is looked at next, when, for how many bytes. Pure, without a clock."""
