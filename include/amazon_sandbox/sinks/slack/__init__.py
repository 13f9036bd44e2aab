"""A sink that implements Slack's Web API and keeps what it receives."""
