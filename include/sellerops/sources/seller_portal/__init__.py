"""Collects pages of Seller Central and other sites that no API serves, with a browser."""
