// A CDS Hooks client: discovery, prefetch, calls and feedback (https://cds-hooks.hl7.org/2.0/).
import { BASE, read, readFirst } from "./fhir.js";

const PATIENCE_MS = 10000; // then the reader is told, and the chart goes on (client C11)
const USER_TOKENS = { Practitioner: "userPractitionerId", PractitionerRole: "userPractitionerRoleId", Patient: "userPatientId", RelatedPerson: "userRelatedPersonId" };

const listeners = [];
let services = null;

// Called with every exchange: {name, method, url, request, requestBytes, status, response, responseBytes, ms, at, note}.
export function onExchange(listener) {
  listeners.push(listener);
}

async function exchange(name, url, body, note = "") {
  const text = body === undefined ? "" : JSON.stringify(body);
  const seen = { name, url, note, method: text ? "POST" : "GET", request: body, requestBytes: text.length, status: 0, response: null, responseBytes: 0, at: new Date() };
  const sent = performance.now();
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { accept: "application/json", ...(text ? { "content-type": "application/json" } : {}) },
      ...(text ? { method: "POST", body: text } : {}),
    });
    const said = await answer.text();
    [seen.status, seen.responseBytes] = [answer.status, said.length];
    seen.response = said ? JSON.parse(said) : null;
  } catch (error) {
    seen.problem = error.name === "TimeoutError" ? `no answer in ${PATIENCE_MS / 1000} s` : seen.status ? "not JSON" : "no connection";
  }
  seen.ms = Math.round(performance.now() - sent);
  listeners.forEach((listener) => listener(seen));
  return seen;
}

// The services of one hook, or {problem}. Discovery is asked once; a failure is asked again next time.
export async function servicesFor(service, hook) {
  if (services === null) {
    const seen = await exchange("discovery", `${service}/cds-services`);
    if (seen.status !== 200 || !Array.isArray(seen.response?.services)) return { problem: said(seen) };
    services = seen.response.services;
  }
  return { services: services.filter((one) => one.hook === hook) };
}

// C2: the value of each key is what its template returns from this EHR's own FHIR server, whole. A template with a token
// that this client cannot fill is left out; a search that failed is its OperationOutcome.
export async function prefetch(one, context, reading = read) {
  const values = {};
  let requests = 0;
  await Promise.all(Object.entries(one.prefetch || {}).map(async ([key, template]) => {
    const path = resolved(template, context);
    if (path === null) return;
    const found = await reading(path);
    requests += found.requests;
    if (found.body !== null) values[key] = found.body;
  }));
  return { values, requests };
}

export function resolved(template, context) {
  const [type, id] = context.userId.split("/");
  const known = { ...Object.fromEntries(Object.entries(context).map(([name, value]) => [`context.${name}`, value])), [USER_TOKENS[type]]: id };
  let isWhole = true;
  const path = template.replace(/\{\{\s*([^}]+?)\s*\}\}/g, (_, token) => {
    if (typeof known[token] === "string") return encodeURIComponent(known[token]);
    isWhole = false;
    return "";
  });
  return isWhole ? path : null;
}

// One call of one service: {cards} as C4 allows them, or {problem, detail}.
export async function fire(service, one, context, mode) {
  const body = { hook: one.hook, hookInstance: crypto.randomUUID(), fhirServer: BASE, context };
  let note = "no prefetch: the service reads fhirServer";
  if (mode !== "server") {
    const started = performance.now();
    const { values, requests } = await prefetch(one, context, mode === "first" ? readFirst : read);
    body.prefetch = values;
    note = `prefetch: ${Object.keys(values).length} keys from ${requests} FHIR requests in ${Math.round(performance.now() - started)} ms`;
  }
  const seen = await exchange(one.id, `${service}/cds-services/${one.id}`, body, note);
  if (seen.status !== 200 || seen.problem) return { problem: said(seen), detail: outcome(seen.response) };
  if (!Array.isArray(seen.response?.cards)) return { problem: "its answer holds no cards" };
  const unknown = seen.response.cards.find((card) => card.suggestions?.length && !["any", "at-most-one"].includes(card.selectionBehavior));
  return unknown ? { problem: "a card with an unknown selectionBehavior" } : { cards: seen.response.cards };
}

export async function feedback(service, one, item) {
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const seen = await exchange("feedback", `${service}/cds-services/${one.id}/feedback`, { feedback: [{ ...item, outcomeTimestamp: at }] });
  return seen.status >= 200 && seen.status < 300 && !seen.problem ? {} : { problem: said(seen) };
}

function said(seen) {
  return [seen.status || "", seen.problem || ""].filter(Boolean).join(", ");
}

function outcome(response) {
  const issue = response?.issue?.[0];
  return issue?.diagnostics || issue?.details?.text || "";
}
