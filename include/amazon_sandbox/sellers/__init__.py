"""The Sellers API v1: in which marketplaces a seller takes part."""
