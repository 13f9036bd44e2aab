"""Marts: tables of answers built from landed tables, one SELECT of ``include/marts`` each.

``specs`` reads the files, ``templates`` writes the SQL of a span, ``graph`` orders them, ``changes`` finds
out which spans must be rebuilt, ``build`` rebuilds them through a destination's ``MartStore``.
"""
