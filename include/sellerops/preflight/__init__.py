"""Checks before anything runs: invalid configuration files, and the connections that must exist."""
