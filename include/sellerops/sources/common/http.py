"""httpx without its command line, whose imports take as long as all the rest of httpx."""

from sellerops.base.left_out import left_out

with left_out("click", "pygments", "rich"):
    import httpx

__all__ = ["httpx"]
