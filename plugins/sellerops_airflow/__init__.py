"""Everything that needs Airflow: DAGs from report specs, their tasks, triggers, connections and notices."""
