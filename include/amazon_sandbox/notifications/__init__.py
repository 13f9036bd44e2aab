"""The Notifications API v1 with queues as destinations, and the notices of finished reports and queries."""
