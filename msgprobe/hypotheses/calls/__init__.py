"""Do datagrams reach the call servers, and are those of calls recognised or lost?"""
