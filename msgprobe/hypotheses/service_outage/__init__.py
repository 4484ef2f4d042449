"""Does the service itself say that it has a fault?"""
