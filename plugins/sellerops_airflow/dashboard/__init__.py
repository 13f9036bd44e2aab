"""The seller hub: pages for owners inside the Airflow UI, and the JSON API behind them.

``routes/`` has one module per page, ``web/`` the source of the pages, ``static/`` what is built from it.
They read stored data only, with the read-only role.
"""
