"""Days and slices: what is due when, what a run collects, and the labels that name it."""
