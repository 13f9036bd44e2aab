"""The Inventory page: levels, value, age, what is on its way, and stock that you count yourself."""
