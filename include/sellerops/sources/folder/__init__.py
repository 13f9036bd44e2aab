"""Files that a person or another system puts into the drop folder."""
