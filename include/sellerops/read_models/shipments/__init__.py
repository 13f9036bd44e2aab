"""FBA inbound runs as people look at them: waiting, differing, due."""
