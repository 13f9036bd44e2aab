"""Business alerts: conditions in marts that need a person's attention, each sent once until it ends."""
