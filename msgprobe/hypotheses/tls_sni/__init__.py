"""Does the fault follow the name that a ClientHello or a request carries?"""
