"""Rows of the landed tables that marts read, made on the server: see ``mart_data``."""
