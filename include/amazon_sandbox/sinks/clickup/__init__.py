"""A sink that implements as much of ClickUp's API v2 as task comments need, and keeps what it receives."""
