"""The Catalog Items API 2022-04-01: facts about products."""
