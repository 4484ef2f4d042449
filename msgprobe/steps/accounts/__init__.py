"""What each operating system says of its own connection, behind one interface: see `account`."""
