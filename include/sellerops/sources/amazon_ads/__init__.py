"""Amazon Ads: reports (Reporting API v3), exports and entity lists of an advertising profile."""
