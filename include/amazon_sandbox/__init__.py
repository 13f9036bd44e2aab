"""A local Amazon: the Selling Partner API, Amazon Ads and Login with Amazon, and message sinks.

Start it with ``python -m amazon_sandbox``; ``docs/sandbox.md`` lists what it covers.
"""
