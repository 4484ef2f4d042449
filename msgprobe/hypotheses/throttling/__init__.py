"""Are transfers slowed down or stopped, and does that follow the name, the address or neither?"""
