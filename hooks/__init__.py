"""Say: one file per CDS Hooks service, deciding what the clinician sees."""
