"""Examines any CDS Hooks service from outside, requirement by requirement; and, without one, this installation."""

from cds_service.doctor.finding import Finding, Level, Outcome, Verdict

__all__ = ["Finding", "Level", "Outcome", "Verdict"]
