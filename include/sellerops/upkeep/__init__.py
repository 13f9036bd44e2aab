"""Upkeep: backups and restores, what grows and when it is full, secrets that end."""
