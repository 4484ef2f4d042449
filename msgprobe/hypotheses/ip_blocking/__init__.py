"""Are the addresses of a service cut off, whatever is said to them?"""
