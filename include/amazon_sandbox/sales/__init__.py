"""The Sales API v1: order metrics."""
