// One patient's record as read from this EHR's own FHIR server, kept while the chart is open.

let kept = { id: "", values: null };

export async function record(patientId, read) {
  if (kept.id !== patientId) kept = { id: patientId, values: read() };
  return kept.values;
}

export function resources(values, key) {
  return (values[key]?.entry || []).map((entry) => entry.resource);
}
