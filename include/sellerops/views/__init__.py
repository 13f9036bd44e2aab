"""Starter views in schema ``sellerops_views``: sales, stock, missing days, freshness, runs, rejects.

A YAML file defines the columns and SQL of each view. A view always exists with the same columns; it has no
rows until one of its tables is loaded. ``views.postgres`` and ``destinations.bigquery.views`` create them.
"""

from sellerops.views.definitions import StarterView, starter_views, views_over

__all__ = ["StarterView", "starter_views", "views_over"]
