"""The Finances API 2024-06-19: transactions."""
