"""`make chaos`: breaks a whole system at random while it works, and compares it with an undisturbed one."""
