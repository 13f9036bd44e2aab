"""Alembic migrations of the schema ``sellerops``: one SQL file a revision, run by its namesake module."""
