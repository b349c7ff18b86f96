// The record as this EHR's own FHIR server gives it: all pages of a search, each address asked once while a chart is open.

const BASE = new URL("fhir", document.baseURI).href;
const PAGES = 50; // more than any record here has: a server that links in circles ends

let kept = new Map();

export function forget() {
  kept = new Map();
}

// {status, body}: a read or one whole search set. Never rejects; no connection is status 0.
export function read(path) {
  if (!kept.has(path)) kept.set(path, whole(`${BASE}/${path}`));
  return kept.get(path);
}

async function whole(address) {
  const first = await one(address);
  let next = nextOf(first.body);
  for (let pages = 1; next && pages < PAGES; pages += 1) {
    const page = await one(next);
    if (page.status !== 200) return page;
    first.body.entry.push(...(page.body.entry || []));
    next = nextOf(page.body);
  }
  return first;
}

function nextOf(body) {
  const url = (body?.link || []).find((link) => link.relation === "next")?.url;
  return url?.startsWith(`${BASE}/`) ? url : null;
}

async function one(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "application/fhir+json" } });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: null };
  }
}

// The chart's own reads.
const SEARCHES = {
  Condition: "", AllergyIntolerance: "", MedicationRequest: "", MedicationStatement: "",
  Observation: "&_sort=-date&_count=200", DiagnosticReport: "&_sort=-date&_count=100",
  Procedure: "", Immunization: "", Encounter: "&_sort=-date&_count=100", CarePlan: "",
  DocumentReference: "&_sort=-date&_count=50", ImagingStudy: "", Consent: "", FamilyMemberHistory: "", Device: "",
};

// of(type): its resources, those entered in error left out; wrong(type): how many those were; unread: types that failed.
export async function readRecord(patientId) {
  const id = encodeURIComponent(patientId);
  const types = Object.keys(SEARCHES);
  const answers = await Promise.all(types.map((type) => read(`${type}?patient=${id}${SEARCHES[type]}`)));
  const found = new Map(types.map((type, at) => [
    type, (answers[at].body?.entry || []).map((entry) => entry.resource).filter((one) => one?.resourceType === type),
  ]));
  const sound = new Map([...found].map(([type, all]) => [type, all.filter((one) => !isWrong(one))]));
  return {
    of: (type) => [...(sound.get(type) || [])],
    wrong: (type) => found.get(type).length - sound.get(type).length,
    unread: types.filter((_, at) => answers[at].status !== 200),
  };
}

function isWrong(one) {
  const verified = one.verificationStatus?.coding?.[0]?.code;
  return one.status === "entered-in-error" || verified === "entered-in-error";
}

// The date that a resource is listed by.
export function when(one) {
  return one.effectiveDateTime || one.effectivePeriod?.start || one.started || one.performedDateTime ||
    one.performedPeriod?.start || one.occurrenceDateTime || one.authoredOn || one.effectiveInstant ||
    one.onsetDateTime || one.onsetPeriod?.start || one.recordedDate || one.period?.start || one.dateAsserted ||
    one.date || one.dateTime || one.issued || one.created || "";
}

export const newest = (a, b) => when(b).localeCompare(when(a));

// The text of an attachment, or why there is none to show.
export function attached(one) {
  if (!one?.data) return one?.title || "(no text in this record)";
  if (!/^text\//.test(one.contentType || "")) return `(${one.contentType || "a file"}: this EHR does not show it)`;
  const bytes = Uint8Array.from(atob(one.data), (char) => char.charCodeAt(0));
  const text = new TextDecoder().decode(bytes);
  if (!/html/.test(one.contentType)) return text;
  return new DOMParser().parseFromString(text, "text/html").body.textContent.trim(); // inert: nothing of it is loaded
}
