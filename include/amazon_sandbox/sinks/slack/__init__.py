"""A sink that speaks Slack's Web API and keeps what it was told."""
