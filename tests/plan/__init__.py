"""Planning: golden cases as data, and what real programs say to the files that are written."""
