"""Reconciliation checks: figures of different reports that must agree. One file of ``config/checks`` each.

``checks`` reads the files and needs no database, ``running`` compares, ``results`` stores the results.
"""
