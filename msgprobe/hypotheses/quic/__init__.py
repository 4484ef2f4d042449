"""Is QUIC interfered with, by the name in its Initial or altogether?"""
