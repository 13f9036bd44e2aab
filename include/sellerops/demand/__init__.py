"""Demand forecasts and restock proposals, computed from marts and stored beside them."""
