"""Browsers for pages without an API: one per login, each with its own profile.

``session.open_session`` gives one job a browser; ``pool.Pool`` starts and stops the browsers of this machine;
``evidence.EvidenceStore`` keeps what a failed job saw. Playwright is imported only while a session is open.
"""
