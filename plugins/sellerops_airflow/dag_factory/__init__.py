"""Specs as DAGs: reports, checks and exports, one file each, and what their DAGs have in common."""
