"""Tasks of DAGs that collect nothing: completeness, late days, maintenance, summary, configuration."""
