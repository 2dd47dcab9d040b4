"""What the staff decide about a site, and what contradicts itself in it."""
