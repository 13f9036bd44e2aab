"""Data health: what is loaded, late, missing, quarantined or rejected."""
