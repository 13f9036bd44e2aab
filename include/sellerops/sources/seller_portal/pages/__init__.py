"""Page objects, one page family per module."""
