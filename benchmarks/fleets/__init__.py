"""Many sellers in many marketplaces: their configuration, their day, and a system that collects it."""
