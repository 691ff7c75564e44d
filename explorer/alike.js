// The view of countries that are alike: correlated with one, and in clusters.
import { get, post, problem } from "./api.js";
import { bars, maps } from "./charts.js";
import { element, remember, show, table } from "./page.js";
import { figure, takeRequest } from "./take.js";

export default async function draw(place, given) {
  const fields = element("div", { class: "row" });
  const body = element("div", { "aria-live": "polite" });
  place.append(element("h1", {}, "Countries that are alike"), fields, body);
  const chosen = { k: Number(given.k) || 4 };
  const choose = (name) => (event) => show({ ...given, view: "alike", [name]: event.target.value });
  const select = (name, label, options, value) => {
    const control = element("select", { onchange: choose(name) }, options.map(([code, text]) => element("option", { value: code, selected: code === value }, text)));
    fields.append(element("label", {}, label, control));
  };
  const pick = async (name, label, path, query, preferred) => {
    const listed = await get(path, query);
    const options = Array.isArray(listed) ? listed.map((value) => [String(value), String(value)]) : Object.entries(listed);
    chosen[name] = options.some(([code]) => code === given[name]) ? given[name] : preferred(options);
    select(name, label, options, chosen[name]);
  };
  const middle = (options) => options[Math.floor(options.length / 2)][0];
  const first = (options) => options[0][0];
  await pick("year", "Year", "/correlation/years", {}, middle);
  await pick("dataset", "Dataset", "/correlation/datasets", { year: chosen.year }, first);
  await pick("category", "Category", "/correlation/categories", { year: chosen.year, dataset: chosen.dataset }, first);
  const places = await get("/data/countries");
  const names = Object.fromEntries(places.map((each) => [each.code, each.name]));
  const { year, dataset, category } = chosen;
  const known = await get("/correlation/countries", { year, dataset, category });
  chosen.country = known.includes(given.country) ? given.country : known[0];
  select("country", "Country", known.map((code) => [code, names[code] ?? code]), chosen.country);
  const control = element("input", { type: "number", min: 1, max: known.length, value: Math.min(chosen.k, known.length), onchange: choose("k") });
  fields.append(element("label", {}, "Number of clusters", control));
  remember({ view: "alike", ...chosen });
  body.replaceChildren(...(await correlated(chosen, names)), ...(await clusters(chosen, names, places)));
}

async function correlated({ dataset, category, year, country }, names) {
  const request = { dataset, category, year: Number(year), country };
  const name = names[country] ?? country;
  try {
    const { country_corr: answer } = await post("/correlation/correlate", request);
    const rows = answer["Country Code"].map((code, at) => ({ code, name: names[code] ?? code, value: answer[country][at] }));
    const defined = rows.filter((row) => row.value !== null);
    const caption = `Correlation with ${name} over the indicators of “${category}” in ${year}; ${rows.length - defined.length} countries share too few of them`;
    const take = { columns: ["country", "correlation"], rows: () => rows.map((row) => [row.code, row.value]) };
    return [element("h2", {}, `Like ${name}`), figure(`alike-${country}-${year}`, caption, await bars({ rows: defined, label: "correlation" }), take), takeRequest("POST", "/correlation/correlate", request)];
  } catch (error) {
    return [element("h2", {}, `Like ${name}`), problem(error)];
  }
}

async function clusters({ dataset, category, year, k }, names, places) {
  const request = { dataset, category, year: Number(year), k: Number(k) };
  try {
    const answer = await post("/correlation/cluster", request);
    const rows = answer.country.map((code, at) => ({ code, name: names[code] ?? code, fill: String(answer.label[at] + 1), text: `cluster ${answer.label[at] + 1}` }));
    const sizes = membersOf(rows);
    const take = { columns: ["country", "cluster"], rows: () => rows.map((row) => [row.code, Number(row.fill)]) };
    return [
      element("h2", {}, `${sizes.length} clusters`),
      figure(`clusters-${year}`, `Clusters of countries by the indicators of “${category}” in ${year}`, await maps({ rows, places, label: "Clusters", categorical: true }), take),
      table(["cluster", "countries", "members"], sizes, "Members of each cluster"),
      takeRequest("POST", "/correlation/cluster", request),
    ];
  } catch (error) {
    return [element("h2", {}, "Clusters"), problem(error)];
  }
}

function membersOf(rows) {
  const members = new Map();
  for (const row of rows) members.set(row.fill, [...(members.get(row.fill) ?? []), row.name]);
  return [...members].sort(([a], [b]) => Number(a) - Number(b)).map(([label, who]) => [label, who.length, who.join(", ")]);
}
