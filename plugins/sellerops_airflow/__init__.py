"""What needs Airflow: report specs as DAGs, their tasks, triggers, connections and notices."""
