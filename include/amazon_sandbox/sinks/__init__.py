"""Stand-ins for the services that messages are sent to: they keep what they receive."""
