"""The Profit page: order view, payment view, bridge and attribution by SKU."""
