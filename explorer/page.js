// Small pieces of the page: elements, the state in the address, and the colours of the style sheet.

/** An element with attributes or properties (`onclick`, `value`, …) and children; null children are left out. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on") || key === "value" || key === "checked" || key === "selected") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** The state of the page: the parameters of its address. */
export const state = () => Object.fromEntries(new URLSearchParams(location.search));

/** Show another state; every state has an address. Empty values are left out. */
export function show(next, { replace = false } = {}) {
  const kept = Object.entries(next).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const address = `${location.pathname}?${new URLSearchParams(kept)}`;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event("shown"));
}

/** Change the address without drawing the view again. */
export function remember(next) {
  const kept = Object.entries(next).filter(([, value]) => value !== undefined && value !== null && value !== "");
  history.replaceState(null, "", `${location.pathname}?${new URLSearchParams(kept)}`);
}

/** A colour of the style sheet, by its name without dashes. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A number for people. */
export const number = (value) => (value === null || value === undefined ? "" : digits.format(value));

/** A share of 1 as a percentage. */
export const percent = (value) => `${Math.round(100 * value)} %`;

/** A paragraph for what went wrong, announced by screen readers. */
export const message = (text, ...more) => element("div", { class: "message", role: "alert" }, element("p", {}, text), ...more);

/** A table of rows (arrays); numbers are aligned. */
export function table(columns, rows, caption) {
  const cell = (value) => (typeof value === "number" ? element("td", { class: "number" }, number(value)) : element("td", {}, value ?? ""));
  return element(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", { class: "note" }, caption),
      element("thead", {}, element("tr", {}, columns.map((column) => element("th", { scope: "col" }, column)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map(cell)))),
    ),
  );
}
