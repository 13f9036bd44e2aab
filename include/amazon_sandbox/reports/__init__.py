"""The Reports API 2021-06-30 (model reports_2021-06-30.json) and the documents behind its presigned URLs."""
