"""Engines: the scripted twin, and MedGemma by its full path (torch is imported there and nowhere else)."""
