"""The table of credentials: configurations, token endpoints, and the two sides that are compared."""
