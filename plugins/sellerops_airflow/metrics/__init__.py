"""Sends our metrics through Airflow's own switches: OpenTelemetry, StatsD or Datadog."""
