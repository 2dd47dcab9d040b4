"""The pages, in walking order."""
