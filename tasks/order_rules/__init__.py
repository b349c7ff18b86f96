"""Rules about orders: what of a chart bears on what is being ordered, as far as the chart itself says it."""
