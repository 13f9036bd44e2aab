"""Reconciliation checks: compare figures of different reports that must agree, one check per file of
``config/checks``.

``checks`` reads the files and needs no database, ``running`` compares the figures, ``results`` stores the
results.
"""
