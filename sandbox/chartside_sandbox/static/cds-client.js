// A CDS Hooks client: discovery, prefetch, calls and feedback (https://cds-hooks.hl7.org/2.0/).

const FHIR = new URL("fhir", document.baseURI).href;
let services = null;
const listeners = [];

export function onExchange(listener) {
  listeners.push(listener);
}

async function exchange(name, url, body) {
  const sent = performance.now();
  const seen = { name, url, request: body, status: 0, response: null, ms: 0, at: new Date() };
  try {
    const answer = await fetch(url, body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    seen.status = answer.status;
    seen.response = text ? JSON.parse(text) : null;
  } catch (error) {
    seen.response = { error: String(error) };
  }
  seen.ms = Math.round(performance.now() - sent);
  listeners.forEach((listener) => listener(seen));
  return seen;
}

export async function discover(service) {
  if (services === null) {
    const seen = await exchange("discovery", `${service}/cds-services`);
    if (seen.status !== 200) return [];
    services = seen.response.services;
  }
  return services;
}

// C2: the value of each key is what its template would return from this EHR's own FHIR server.
export async function prefetch(one, context) {
  const values = {};
  await Promise.all(Object.entries(one.prefetch || {}).map(async ([key, template]) => {
    const path = template.replace(/\{\{context\.(\w+)\}\}/g, (_, name) => encodeURIComponent(context[name] ?? ""));
    try {
      const answer = await fetch(`${FHIR}/${path}`, { headers: { accept: "application/fhir+json" } });
      values[key] = await answer.json(); // an OperationOutcome where the server refused
    } catch {
      // left out: the client could not satisfy it
    }
  }));
  return values;
}

export async function fire(service, one, context, { values, byServer }) {
  const body = { hook: one.hook, hookInstance: crypto.randomUUID(), fhirServer: FHIR, context };
  if (!byServer) body.prefetch = values;
  return exchange(one.id, `${service}/cds-services/${one.id}`, body);
}

export async function feedback(service, one, item) {
  const body = { feedback: [{ ...item, outcomeTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z") }] };
  return exchange("feedback", `${service}/cds-services/${one.id}/feedback`, body);
}
