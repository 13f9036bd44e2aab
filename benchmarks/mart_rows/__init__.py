"""Rows of the landed tables that marts read, created on the server: see ``mart_data``."""
