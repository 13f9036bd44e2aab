"""Builds DAGs from specs: one module for each kind of DAG, and one for shared defaults."""
