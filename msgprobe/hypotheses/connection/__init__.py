"""Is it the connection itself, or what it lets through, rather than any service?"""
