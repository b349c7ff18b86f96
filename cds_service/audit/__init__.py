"""The audit desk: what happened, for a person who was not there."""
