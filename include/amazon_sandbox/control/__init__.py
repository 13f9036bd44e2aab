"""The control calls under /_sandbox, with which you and your tests control the sandbox."""
