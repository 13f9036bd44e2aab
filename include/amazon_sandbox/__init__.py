"""A local Amazon: Login with Amazon, the Reports API 2021-06-30, its documents, and a Slack-compatible sink.

Start it with ``python -m amazon_sandbox``; ``docs/sandbox.md`` says what it covers.
"""
