"""What all pages of the seller hub need to know: which figures there are."""
