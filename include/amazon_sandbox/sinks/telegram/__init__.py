"""A sink that speaks as much of Telegram's Bot API as sending messages needs, and keeps what it was told."""
