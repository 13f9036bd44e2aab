"""Views that people begin with: sales, stock, missing days, freshness, runs; in schema ``sellerops_views``.

A YAML file for each says its columns and its SQL. A view always exists with the same columns: where no table
of it has landed yet it is without rows. Makers: ``views.postgres``, ``destinations.bigquery.views``.
"""

from sellerops.views.definitions import StarterView, starter_views, views_over

__all__ = ["StarterView", "starter_views", "views_over"]
