"""The tasks of DAGs that collect nothing: completeness, late days, maintenance, summary, workers, configuration."""
