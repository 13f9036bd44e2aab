"""API operations that are collected like reports: each yields the answers for a slice, page by page."""
