"""Facts that people give: products, costs, suppliers, exchange rates, fee rules, account settings.

They are stored in Postgres, schema ``sellerops_reference``, and copied to the other destinations before a
mart is built there.
"""
