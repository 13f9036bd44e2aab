"""Real browsers: starting, reaching, bounding and observing them."""
