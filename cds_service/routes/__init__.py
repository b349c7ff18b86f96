"""The doors: each route is a few lines around a plain function."""
