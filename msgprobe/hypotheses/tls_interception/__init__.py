"""Is a certificate forged, or is the list of trusted authorities of another age?"""
