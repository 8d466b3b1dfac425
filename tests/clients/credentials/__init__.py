"""The table of credentials: configurations, endpoints that give out tokens, and both sides that resolve them."""
