"""Stand-ins for other services: those that messages are sent to, which keep them, and a central bank."""
