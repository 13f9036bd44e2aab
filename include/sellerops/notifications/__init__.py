"""Amazon's notifications: a queue is read into the ledger, and waits end early."""
