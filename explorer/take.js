// Taking results away: CSV, Excel, SVG and PNG of what is drawn, and the request as curl and Python.
import { placeholder } from "./credential.js";
import { script } from "./libraries.js";
import { element } from "./page.js";

/** Buttons that save a table: columns and rows (arrays). `name` is the file's name without its ending. */
export const takeTable = (name, columns, rows) => [
  button("CSV", () => save(`${name}.csv`, csv(columns, rows()), "text/csv")),
  button("Excel", async () => {
    await script("/explore/write-excel-file.min.js");
    const header = columns.map((value) => ({ value, fontWeight: "bold" }));
    const cells = rows().map((row) => row.map((value) => ({ value: value ?? undefined })));
    save(`${name}.xlsx`, await globalThis.writeXlsxFile([header, ...cells]).toBlob());
  }),
];

/** Buttons that save the charts inside an element, one file each. */
export const takePicture = (name, place) => [
  button("SVG", () => charts(place).forEach((svg, at) => save(`${name}${at || ""}.svg`, serialized(svg), "image/svg+xml"))),
  button("PNG", async () => {
    for (const [at, svg] of charts(place).entries()) save(`${name}${at || ""}.png`, await png(svg), "image/png");
  }),
];

/** The request that is on screen, to copy. */
export function takeRequest(method, path, body) {
  const address = `${location.origin}${path}`;
  const json = body && JSON.stringify(body);
  const secret = placeholder();
  const header = secret ? ` -H "${secret.name}: ${secret.value}$${secret.variable}"` : "";
  const headers = secret ? `, headers={"${secret.name}": f"${secret.value}{os.environ['${secret.variable}']}"}` : "";
  const curl = `curl ${quoted(address)}${header}${body ? ` -H 'Content-Type: application/json' -d ${quoted(json)}` : ""}`;
  const call = body ? `httpx.post(${JSON.stringify(address)}, json=${python(body)}${headers}, timeout=600)` : `httpx.get(${JSON.stringify(address)}${headers})`;
  return element(
    "details",
    {},
    element("summary", {}, "As curl, as Python"),
    element("pre", { tabindex: "0" }, curl),
    element("pre", { tabindex: "0" }, `${secret ? "import os\n\n" : ""}import httpx\n\nanswer = ${call}\nanswer.raise_for_status()\nresult = answer.json()`),
  );
}

/** A chart with its caption and what can be taken away. */
export function figure(name, caption, drawing, table = null) {
  const place = element("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": caption }, drawing);
  for (const svg of charts(place)) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", caption);
  }
  return element(
    "figure",
    {},
    place,
    element("figcaption", {}, caption),
    element("div", { class: "take" }, table ? takeTable(name, table.columns, table.rows) : [], takePicture(name, place)),
  );
}

/** Text as RFC 4180 has it. */
export function csv(columns, rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function button(label, act) {
  return element("button", { type: "button", onclick: act, title: `Save as ${label}` }, label);
}

function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const charts = (place) => [...place.querySelectorAll("svg")].filter((svg) => !svg.closest(".legend"));

function serialized(svg) {
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "system-ui, sans-serif");
  copy.setAttribute("font-size", "11");
  copy.setAttribute("color", getComputedStyle(svg).color);
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}

async function png(svg) {
  const { width, height } = svg.viewBox.baseVal;
  const picture = new Image();
  picture.src = URL.createObjectURL(new Blob([serialized(svg)], { type: "image/svg+xml" }));
  await picture.decode();
  const canvas = element("canvas", { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(picture, 0, 0, 2 * width, 2 * height);
  URL.revokeObjectURL(picture.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const python = (value) => JSON.stringify(value, null, 1).replace(/: true\b/g, ": True").replace(/: false\b/g, ": False").replace(/: null\b/g, ": None");
