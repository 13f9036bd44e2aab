"""The workspace that the sink simulates."""

TEAM = {"team": "Northwind Traders", "team_id": "T0NORTHWIND"}
BOT = {"user": "sellerops", "user_id": "U0SELLEROPS", "bot_id": "B0SELLEROPS"}

POST_MESSAGE = "chat.postMessage"
AUTH_TEST = "auth.test"
OPERATIONS = (POST_MESSAGE, AUTH_TEST)

MAX_TEXT = 40_000  # Slack cuts or refuses longer ones (msg_too_long)
