"""How fast, side by side with others, in one run on one server of the lab: ratios, not seconds."""
