"""Rules about one encounter: its course, from what names it and what is dated within it."""
