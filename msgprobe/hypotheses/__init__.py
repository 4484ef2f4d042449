"""One package per question about the network: what to try, and what its answer licenses."""
