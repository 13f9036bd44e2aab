"""Data health: what is loaded, late, missing, quarantined, rejected, and what it will cost to get the rest."""
