"""The rows of the ledger's tables `inbound_*`; `store` beside this folder is the interface to them."""
