"""sellerops: collects what Amazon knows about a seller's business. Plain Python, runs without Airflow."""

__version__ = "0.1.0"
