"""Stand-ins for other services: message services, which keep what they receive, and a central bank."""
