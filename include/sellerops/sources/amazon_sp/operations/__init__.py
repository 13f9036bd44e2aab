"""API operations that are collected like reports: each turns a slice into the pages of its answers."""
