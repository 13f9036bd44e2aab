"""The seller hub: pages for owners inside the Airflow UI, and the JSON API behind them.

``routes/`` has one module per page, ``web/`` the source of the pages, ``static/`` what is built from it. The
pages show stored data only, read with the read-only role; every write goes through ``audit``.
"""
