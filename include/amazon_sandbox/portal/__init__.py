"""Web pages: Seller Central, the ads console and a third-party market tool, with sign-in and stores."""
