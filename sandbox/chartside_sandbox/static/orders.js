// The orders of the open chart: drafts, what is being signed, and what was signed since the page was loaded.
import { orderCatalogue, signOrders } from "./cds-client.js";
import { who } from "./session.js";

const pads = new Map(); // patient -> {drafts, signed, isSigning}
let known = null;

export async function catalogue() {
  known = known || await orderCatalogue();
  return known;
}

export function pad(patientId) {
  if (!pads.has(patientId)) pads.set(patientId, { drafts: [], signed: [], isSigning: false });
  return pads.get(patientId);
}

// One draft of what the catalogue has, for the open patient and by the user.
export function addDraft(own, item) {
  const { userId, patientId, encounterId } = who();
  const draft = {
    ...item.resource,
    id: `draft-${crypto.randomUUID()}`,
    subject: { reference: `Patient/${patientId}` },
    requester: { reference: userId },
    authoredOn: new Date().toISOString().slice(0, 10),
    ...(encounterId ? { encounter: { reference: `Encounter/${encounterId}` } } : {}),
  };
  own.drafts.push({ item, draft });
  return reference(draft);
}

export function bundleOf(own) {
  return { resourceType: "Bundle", type: "collection", entry: own.drafts.map(({ draft }) => ({ resource: draft })) };
}

// The drafts become orders, each under a reference of its own. {problem} where this EHR's server would not.
export async function sign(own) {
  const told = await signOrders(own.drafts.map(({ draft }) => draft));
  if (told.problem !== undefined) return told;
  own.signed.push(...own.drafts.map(({ item }, at) => ({ item, reference: told.references[at], sent: "" })));
  Object.assign(own, { drafts: [], isSigning: false });
  return {};
}

function reference(resource) {
  return `${resource.resourceType}/${resource.id}`;
}
