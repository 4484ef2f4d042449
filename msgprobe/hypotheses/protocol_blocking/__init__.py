"""Is a messenger's own protocol recognised, and dropped or ended?"""
