"""The write path: calls that change something at Amazon, each carried out at most once."""
