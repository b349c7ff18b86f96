"""The sample EHR: synthetic patients, a chart, and a CDS panel as an EHR draws it."""
