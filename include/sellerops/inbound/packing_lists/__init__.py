"""Reads packing lists (CSV, Excel workbooks, pasted text and JSON) as items, boxes and pallets."""
