"""The Restock page: what to order, and how far its forecast can be trusted."""
