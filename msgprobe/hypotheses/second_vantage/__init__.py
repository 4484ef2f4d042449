"""Does what fails here work from elsewhere, at the same time?"""
