"""What ClickUp's API v2 documents about task comments."""

CREATE_COMMENT = "createTaskComment"
GET_COMMENTS = "getTaskComments"
GET_USER = "getAuthorizedUser"
OPERATIONS = (CREATE_COMMENT, GET_COMMENTS, GET_USER)

USER = {"id": 81, "username": "Northwind Traders", "email": "operations@northwind.example"}

# Per token and minute, on most plans; sent in X-RateLimit-Limit.
RATE_LIMIT = 100
