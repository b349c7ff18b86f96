"""The review page: what was made of a chart, each statement beside its sources, and the answers to it."""
