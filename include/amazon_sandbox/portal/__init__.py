"""The local portal: the web pages of the same sellers."""
