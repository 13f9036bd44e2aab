"""One task each, thin."""
