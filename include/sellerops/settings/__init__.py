"""The configuration as typed values: accounts, marketplaces, report specs, and how their files are read."""
