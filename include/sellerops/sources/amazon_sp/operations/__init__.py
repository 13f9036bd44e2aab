"""API operations that are collected like reports: each turns a slice into the pages of its answers."""

from sellerops.sources.amazon_sp.operations.pages import Asked, Calls, Offer, Page, Pages

__all__ = ["Asked", "Calls", "Offer", "Page", "Pages"]
