"""How operations of the Selling Partner API are served: access tokens, faults, quotas, parameters, pages."""
