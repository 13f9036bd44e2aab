"""How the project runs on one machine: an embedded Postgres, Airflow's components, its settings and the demo."""
