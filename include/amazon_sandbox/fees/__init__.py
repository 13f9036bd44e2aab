"""The Product Fees API v0: what Amazon would charge for an offer at a price."""
