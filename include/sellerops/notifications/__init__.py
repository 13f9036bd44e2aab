"""Amazon's notifications: reads a queue into the ledger, so that waits for reports end early."""
