"""Truth checks: figures of different reports that must agree. A check is one file of ``config/checks``.

``checks`` reads the files and needs no database, ``running`` compares, ``results`` keeps what was found.
"""
