"""Upkeep: backups and restores, storage that fills up, client secrets that expire."""
