"""Builds DAGs from specs: one module each for reports, checks and exports, and one for shared defaults."""
