"""What every API family builds on: clock, call log, quotas, faults, answers, the sandbox and its server."""
