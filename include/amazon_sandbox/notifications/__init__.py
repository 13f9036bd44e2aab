"""The Notifications API v1: queues as destinations, and notifications of finished reports and queries."""
