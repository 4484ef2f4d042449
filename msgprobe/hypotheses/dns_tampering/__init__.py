"""Do resolvers lie about the names of a service, or keep silent about them?"""
