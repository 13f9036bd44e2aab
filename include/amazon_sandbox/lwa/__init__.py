"""Login with Amazon: refresh tokens for one-hour access tokens."""
