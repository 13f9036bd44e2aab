"""The control calls under /_sandbox, by which tests and people steer the sandbox."""
