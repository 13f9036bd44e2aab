"""The Ads page: spend and sales by marketplace, ad product and campaign, by day, and search queries."""
