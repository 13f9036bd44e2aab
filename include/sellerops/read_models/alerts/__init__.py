"""Business alerts as people look at them."""
