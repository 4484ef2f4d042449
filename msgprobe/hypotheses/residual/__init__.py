"""Does what was said before leave a server or a pair of ports dead for a while?"""
