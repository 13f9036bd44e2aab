"""Tasks of DAGs that collect nothing, such as completeness, late days, maintenance and the daily summary."""
