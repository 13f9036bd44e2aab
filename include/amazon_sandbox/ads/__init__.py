"""The Amazon Ads API: profiles, reporting v3, exports and lists of entities."""
