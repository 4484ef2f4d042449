"""Target files on disk become services, endpoints and controls."""
