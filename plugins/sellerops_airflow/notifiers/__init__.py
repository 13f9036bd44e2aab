"""How a notice is sent, one module a channel."""
