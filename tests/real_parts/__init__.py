"""Starts the real parts that tests run against; each on loopback, in a folder of its own, ended by its own id."""
