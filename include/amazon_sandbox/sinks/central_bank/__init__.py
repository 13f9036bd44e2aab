"""A stand-in for the European Central Bank's file of exchange rates."""
