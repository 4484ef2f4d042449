"""What was seen, indexed: conversations, pools, names, controls, outages, paired transfers."""
