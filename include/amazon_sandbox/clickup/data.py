"""What ClickUp's API v2 documents of task comments."""

CREATE_COMMENT = "createTaskComment"
GET_COMMENTS = "getTaskComments"
OPERATIONS = (CREATE_COMMENT, GET_COMMENTS)

# Per token and minute, on most plans; told in X-RateLimit-Limit.
RATE_LIMIT = 100
