"""The state of connections to Amazon and other systems."""
