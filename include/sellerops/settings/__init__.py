"""Loads the configuration as typed values: accounts, marketplaces, report specs and the other files."""
