"""The points of the Overview: one model each, with the rows behind its figures."""
