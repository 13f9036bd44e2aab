"""FBA inbound: what is sent to Amazon's warehouses, in version 2024-03-20 (plans) and v0 (what arrived)."""
