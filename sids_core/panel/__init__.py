"""The three tables: reading, checking, caching, refreshing, and the panel made of them."""
