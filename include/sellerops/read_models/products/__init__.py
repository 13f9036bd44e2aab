"""Products: the table of SKUs, and the story of one SKU."""
