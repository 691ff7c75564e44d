// The service's public HTTP interface, and its errors in words.
import { credential, credentialForm } from "./credential.js";
import { element, message } from "./page.js";

const TOKENS = "sids-cancel-tokens";

export class ServiceError extends Error {
  constructor(text, { status = 0, retryAfter = 0, kind = "" } = {}) {
    super(text);
    Object.assign(this, { status, retryAfter, kind });
  }
}

/** The answer to a GET request; answers are kept for the page's life, since the data changes rarely. */
const answers = new Map();
export function get(path, query = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
  const address = parameters.size ? `${path}?${parameters}` : path;
  if (!answers.has(address)) {
    const answer = ask(address).then((response) => response.json());
    answers.set(address, answer);
    answer.catch(() => answers.delete(address));
  }
  return answers.get(address);
}

/** The answer to a POST request. */
export const post = (path, body, signal) => ask(path, { method: "POST", body, signal }).then((response) => response.json());

/** Submit a job; returns its state. The token that cancels it stays in this browser. */
export async function submit(path, body) {
  const response = await ask(path, { method: "POST", body, headers: { Prefer: "respond-async" } });
  const job = await response.json();
  const token = response.headers.get("Cancel-Token");
  if (token) localStorage.setItem(TOKENS, JSON.stringify({ ...tokens(), [job.id]: token }));
  return job;
}

/** The state of a job. */
export const job = (id) => ask(`/jobs/${encodeURIComponent(id)}`).then((response) => response.json());

/** The result of a job. */
export const result = (id) => ask(`/jobs/${encodeURIComponent(id)}/result`).then((response) => response.json());

/** Whether this browser submitted a job, so that it may cancel it. */
export const mayCancel = (id) => id in tokens();

export function cancel(id) {
  return ask(`/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST", headers: { "Cancel-Token": tokens()[id] ?? "" } });
}

/** What went wrong, in words, with a way on. */
export function problem(error, again) {
  const retry = again ? element("button", { type: "button", onclick: again }, "Try again") : null;
  if (error.status === 401 || (error.status === 403 && error.kind !== "cancel_token")) return credentialForm(error, again);
  if (error.status === 503) {
    const wait = error.retryAfter ? ` It expects to have time in ${error.retryAfter} s.` : "";
    return message(`The service cannot answer now: ${error.message}.${wait}`, retry ?? "");
  }
  if (error.status === 429) return message(`You have asked for much at once: ${error.message}. Try again in ${error.retryAfter} s.`, retry ?? "");
  if (error.status === 0) return message("The service does not answer. It may be restarting, or you are offline.", retry ?? "");
  return message(error.message, error.status >= 500 && retry ? retry : "");
}

async function ask(address, { method = "GET", body, headers = {}, signal } = {}) {
  const sent = { ...headers, ...credential(), ...(body ? { "Content-Type": "application/json" } : {}) };
  let response;
  try {
    response = await fetch(address, { method, headers: sent, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("no answer");
  }
  if (response.ok) return response;
  const { detail } = await response.json().catch(() => ({ detail: response.statusText }));
  throw new ServiceError(words(detail), {
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After") ?? 0),
    kind: detail?.type ?? "",
  });
}

function words(detail) {
  if (Array.isArray(detail)) return detail.map((fault) => `${fault.loc.slice(1).join(".") || "request"}: ${fault.msg}`).join("; ");
  const id = detail?.error_id ? ` (error ${detail.error_id})` : "";
  return `${detail?.msg ?? detail}${id}`.replace(/\.$/, "");
}

function tokens() {
  try {
    return JSON.parse(localStorage.getItem(TOKENS) ?? "{}");
  } catch {
    return {};
  }
}
