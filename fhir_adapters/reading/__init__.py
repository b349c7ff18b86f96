"""FHIR R4 plain dicts -> PatientHistory: lenient in, every fact with its reference, every gap with its reason.

`read_history` is the one door. Whatever a resource looks like, it becomes an entry or an omission, never an exception.
Entries are numbered E1, E2 … in clinical reading order: allergies, problems, medicines, vital signs, results, reports,
imaging, procedures, orders, encounters, care plans, immunizations, social history, notes; within a kind what is
current before what is past, and the newest first. Orders are read where a caller asked for them.

Labels of `Entry.details`, members of `Detail`, by kind. All are optional and stand in this order; dates among them are
words ("12-Mar-2026"), `Entry.when` and `Entry.until` are the dates. "… references" hold FHIR references separated by
spaces.
Any kind may have "Date as written" (what stood where a date should), "Modifier" (first; what may turn the fact into
another one and is not understood, as in `Entry.unread_modifier`: the standing is then UNKNOWN, or stays REFUTED),
"Contradiction" (the entry also says that none are known, and names something), "Note", "Author" (names of people: for
the evidence pane, never for a model, a line or a card), and last "Another copy" (one each: the line of a resource with
the same id that may be as new).

=============  ================================================================================================
problem        No known ("yes") · Verification (code) · Severity · Stage · Body site · Category ("problem list",
               "encounter diagnosis", "health concern") · Onset · Ended · Recorded
allergy        Not documented (the words, where they only say that nothing is) · No known ("yes": an explicit code;
               "as text": words only) · Substance · Criticality (low, high,
               unable-to-assess) · Reactions ("anaphylaxis (severe); hives") · Type (allergy, intolerance) ·
               Category (medication, food, environment, biologic) · Verification · Onset · Last occurrence · Recorded
medication     Dose ("500 mg oral twice daily") · Dose as written (where "Dose" words it otherwise) · As needed ("yes")
               · Instructions · Do not give ("lifted": an order not to give, cancelled or stopped) · Reported
               ("patient-reported", "reported") · Intent (unless "order") · Authored (request) · Since, Stated
               (statement) · Ended · Setting · Course · Reason · Reason references · Status reason · No known
result, vital  Reference range (every range that is not in Value.low and Value.high) · Body site · Method · Specimen ·
and social     Members · Derived from
report         Impression · Conclusion (where it is not the impression) · Conclusion codes · Category · Issued ·
               Results (references) · Imaging studies (references) · Not read (content type or reason, one each)
imaging        Study instance UID · Series instance UIDs (separated by spaces) · Modality (codes, separated by spaces) ·
               Body site · Laterality · Number of series · Number of instances · Series · Reason · Reason references
order          Intent (unless "order") · Reason · Body site · Category
procedure      Reason · Reason references · Body site · Performed (words instead of a date) · Outcome · Complications ·
               Follow-up · Category · Status reason
immunization   Dose number · Target disease · Subpotent ("yes") · Dose · Site · Route · Given (words for a
               date) · Recorded · Status reason
encounter      Class ("Inpatient stay", "Ambulatory visit", "Emergency visit" …) · Type · Reason · Reason references ·
               Service · Admitted from · Discharged to
care-plan      Activities ("…(in-progress); …") · Addresses · Addresses references · Goals · Intent · Category ·
               Description
note           Impression · Description · Document status · Category · Practice setting · Encounter (reference) ·
               Not read
=============  ================================================================================================

`Entry.when`: onset, else recorded (problem); recorded, else onset (allergy); authored, or start of use (medication);
effective, else issued (results, reports); start (imaging, encounter, procedure, care plan); authored (order); given
(immunization); written (note). Components of a blood pressure are labelled "Systolic" and "Diastolic", its title is
"Blood pressure".
"""

from fhir_adapters.reading.record import read_history

__all__ = ["read_history"]
