"""What all pages of the seller hub know: which figures there are."""
