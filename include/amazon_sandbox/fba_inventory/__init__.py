"""The FBA Inventory API v1: what stands in Amazon's warehouses."""
