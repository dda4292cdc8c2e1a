"""A development store: a stand-in, over HTTP, for the parts of Shopify that Danke uses."""
