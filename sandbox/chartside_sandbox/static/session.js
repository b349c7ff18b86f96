// What is open at this screen: a patient, for a user, in one kind of EHR, perhaps in a visit. Each opening has a name of its own.

const now = { patientId: null, userId: "", behaviour: "reference", encounterId: "", chart: "" };

export const session = Object.freeze({
  get patientId() { return now.patientId; },
  get behaviour() { return now.behaviour; },
  get encounterId() { return now.encounterId; },
  get chart() { return now.chart; },
  get key() { return `${now.behaviour} ${now.patientId} ${now.userId}`; },
});

// A chart is opened, or opened anew: cards of an earlier opening are no longer on display (client C5).
export function openChart(change) {
  const isOther = change.patientId !== undefined && change.patientId !== now.patientId;
  Object.assign(now, isOther ? { encounterId: "" } : {}, change, { chart: crypto.randomUUID() });
}

export function enterVisit(encounterId) {
  now.encounterId = encounterId;
}

// What every hook's context may name.
export function who() {
  return { userId: now.userId, patientId: now.patientId, ...(now.encounterId ? { encounterId: now.encounterId } : {}) };
}
