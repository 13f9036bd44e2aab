"""httpx without its command line, whose imports take as long as all the rest of httpx."""

from sellerops.base.hidden_packages import hide_packages

with hide_packages("click", "pygments", "rich"):
    import httpx

__all__ = ["httpx"]
