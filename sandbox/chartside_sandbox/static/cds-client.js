// The page's side of the CDS Hooks client, which runs in this EHR's server: what to fire, what was answered, what waits.
import { session } from "./session.js";

const listeners = { exchange: [], waiting: [] };

// Called with every exchange between this EHR and the service, without its bodies; `bodiesOf` fetches those.
export function onExchange(listener) {
  listeners.exchange.push(listener);
}

// Called with how many answers wait in the queue.
export function onWaiting(listener) {
  listeners.waiting.push(listener);
}

// {cards, failures, answered}: everything on display in this chart after the hook, and what went wrong.
export function fire(hook, values, sending) {
  return post(`cds/hooks/${hook}`, { behaviour: session.behaviour, chart: session.chart, sending, values });
}

// {}, or {problem} where the answer did not arrive.
export function answer(item) {
  return post("cds/answers", { behaviour: session.behaviour, chart: session.chart, ...item });
}

export function sendWaiting() {
  return post("cds/feedback", { behaviour: session.behaviour });
}

export function behaviours() {
  return got("cds/behaviours");
}

export function bodiesOf(exchange) {
  return got(`cds/exchanges/${exchange.id}`);
}

export async function signOrders(orders) {
  return post("orders/sign", { orders });
}

export function orderCatalogue() {
  return got("orders");
}

async function post(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const told = await answer.json();
    (told.exchanges || []).forEach((seen) => listeners.exchange.forEach((listener) => listener(seen)));
    if (told.waiting !== undefined) listeners.waiting.forEach((listener) => listener(told.waiting));
    return told;
  } catch {
    return { problem: "the EHR's own server did not answer" };
  }
}

async function got(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
