"""Marts: tables that answer questions, each built from landed tables by one file of ``include/marts``.

``specs`` reads the files, ``templates`` writes the SQL of a span, ``graph`` orders the marts, ``changes``
finds out which spans must be rebuilt, ``build`` rebuilds them through a destination's ``MartStore``.
"""
