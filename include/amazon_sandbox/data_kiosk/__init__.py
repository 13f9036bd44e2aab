"""The Data Kiosk API 2023-11-15: GraphQL queries over sales and traffic and over economics."""
