"""Amazon Warehousing and Distribution (AWD) 2024-05-09: bulk stock and what is sent there."""
