"""Does the fault follow the shape of a ClientHello, or how many there are at once?"""
