"""Login with Amazon: exchanges refresh tokens for one-hour access tokens."""
