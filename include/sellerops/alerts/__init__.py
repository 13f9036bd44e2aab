"""Business alerts: conditions in marts that need a person, each sent once until it ends."""
