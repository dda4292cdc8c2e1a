"""The only code that speaks Shopify: signatures, tokens, the Admin API, bulk results. Knows no database."""
