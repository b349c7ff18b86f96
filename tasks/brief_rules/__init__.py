"""The rules of the chart brief: one module per section, each a pure function from a chart to its findings.

`chart.py` holds the history as the rules see it, `finding.py` a line with its place on the card, `lexicon.py` the word
lists. Nothing here judges a value by a range of ours, and nothing tells a clinician what to do (REG-FDA-3).
"""
