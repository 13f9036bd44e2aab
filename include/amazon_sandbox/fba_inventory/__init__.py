"""The FBA Inventory API v1: the stock in Amazon's warehouses."""
