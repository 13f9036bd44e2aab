"""What Telegram's Bot API documents about sendMessage."""

SEND_MESSAGE = "sendMessage"
GET_ME = "getMe"
OPERATIONS = (SEND_MESSAGE, GET_ME)

BOT = {"id": 7_000_000_001, "is_bot": True, "first_name": "sellerops", "username": "sellerops_bot"}
MAX_TEXT = 4096  # characters after the entities are parsed
# The only tags that parse_mode HTML supports.
TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "tg-emoji",
     "code", "pre", "blockquote"}
)  # fmt: skip
