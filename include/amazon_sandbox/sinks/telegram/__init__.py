"""A sink that implements as much of Telegram's Bot API as sending needs, and keeps what it receives."""
