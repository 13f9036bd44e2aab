"""A seller's money: one event is one transaction; settlements, transactions and economics derive from them.

- Orders and refunds: `orders.order_lines`, `refunds.refund_lines` (lines of an item, by amount).
- Everything else: `all_events.sku_events_between(storefront, start, end)` for what belongs to products and
  stock, `all_events.events_between(seller, storefront, start, end)` for all; a module for each family.
- `releases`: when the money of an order is paid; `names`: what settlements and transactions call an event.
"""
