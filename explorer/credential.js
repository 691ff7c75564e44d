// The key or token of a service whose access is closed. It stays in this tab, and goes along with every request.
import { element } from "./page.js";

const STORED = "sids-credential";
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The header of a request: a token (three parts) as such, anything else as a key of the host; none without either. */
export function credential() {
  const stored = sessionStorage.getItem(STORED);
  if (!stored) return {};
  return TOKEN.test(stored) ? { Authorization: `Bearer ${stored}` } : { "X-Functions-Key": stored };
}

/** What a command line sends instead, with the name of a variable in place of the secret. */
export function placeholder() {
  const [name] = Object.keys(credential());
  if (!name) return null;
  return name === "Authorization" ? { name, value: "Bearer ", variable: "TOKEN" } : { name, value: "", variable: "KEY" };
}

/** Asks for a key or a token, and says why; `again` repeats what was refused. */
export function credentialForm({ status, message: reason }, again) {
  const said = element("p", {}, explanation(status, reason));
  const input = element("input", { type: "password", autocomplete: "off", spellcheck: "false" });
  const use = () => {
    const text = input.value.replace(/^\s*(authorization:)?\s*bearer\s/i, "").replace(/\s+/g, "");
    if (!text || /[^\x21-\x7e]/.test(text)) {
      said.textContent = "That is neither a key nor a token: both consist of letters, digits and a few signs.";
      return;
    }
    sessionStorage.setItem(STORED, text);
    if (again) again();
    else place.replaceChildren(element("p", {}, "It is used from now on. Repeat what you did last."));
  };
  input.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form around it, if there is one, has another purpose
    use();
  };
  const place = element(
    "div",
    { class: "message", role: "alert" },
    said,
    element("label", {}, "Key or token", input),
    element("p", {}, element("button", { type: "button", class: "main", onclick: use }, "Use it")),
  );
  return place;
}

function explanation(status, reason) {
  const enter = "Enter the key or the token that its operator gave you; it stays in this tab until you close it.";
  if (status === 403) return `What you entered does not give access to this: ${reason || "Forbidden"}. Enter another key or token.`;
  if (sessionStorage.getItem(STORED)) return `What you entered was not accepted: ${reason || "Unauthorized"}. ${enter}`;
  return `Access to this service is closed. ${enter}`;
}
