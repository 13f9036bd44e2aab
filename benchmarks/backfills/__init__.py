"""The two parts of benchmarks/backfill_plan.py."""
