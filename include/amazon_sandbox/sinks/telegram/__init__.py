"""A sink that implements what sending messages needs of Telegram's Bot API, and keeps what it receives."""
