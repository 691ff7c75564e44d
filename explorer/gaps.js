// The view of gaps: what is observed, what can be filled, and why the rest cannot.
import { get } from "./api.js";
import { coverage, legend } from "./charts.js";
import { colour, element, percent, remember, show, table } from "./page.js";
import { search } from "./search.js";
import { figure, takeRequest } from "./take.js";

export default async function draw(place, { dataset, target }) {
  const picker = search({ dataset, chosen: ({ code, dataset: its }) => show({ view: "gaps", dataset: its, target: code }) });
  const datasets = element("select", { onchange: (event) => show({ view: "gaps", dataset: event.target.value }) }, element("option", { value: "" }, "All datasets"));
  const body = element("div", { "aria-live": "polite" }, element("p", { role: "status" }, "Counting the gaps…"));
  place.append(
    element("h1", {}, "Where values are missing"),
    element("div", { class: "row" }, element("label", {}, "Dataset", datasets), picker),
    body,
  );
  const [listed, countries] = await Promise.all([get("/data/datasets"), get("/data/countries")]);
  for (const { code, name } of listed) datasets.append(element("option", { value: code, selected: code === dataset }, name));
  const names = Object.fromEntries(countries.map((country) => [country.code, country.name]));
  const parts = target ? await ofIndicator(target, dataset, names) : await ofDataset(dataset, listed, names);
  body.replaceChildren(...parts);
}

async function ofDataset(dataset, listed, names) {
  const gaps = await get("/data/gaps", { dataset });
  const share = gaps.observed.map((row) => row.map((count) => count / gaps.indicators));
  const fillable = gaps.fillable.map((row) => row.map((count) => count / gaps.indicators));
  const chart = await coverage({ ...gaps, share, fillable, names, choose: null });
  const total = sum(gaps.observed) / (gaps.indicators * gaps.countries.length * gaps.years.length);
  const more = sum(gaps.fillable) / (gaps.indicators * gaps.countries.length * gaps.years.length);
  const title = dataset ? listed.find((each) => each.code === dataset)?.name ?? dataset : "All datasets";
  const rows = () => gaps.countries.flatMap((country, row) => gaps.years.map((year, column) => [country, year, gaps.observed[row][column], gaps.fillable[row][column]]));
  return [
    element("h2", {}, title),
    element("p", {}, `${gaps.indicators} indicators. ${percent(total)} of the cells (country × indicator × year) are observed, ${percent(more)} are missing and can be filled. Choose an indicator above to see its cells.`),
    legend({ "share of the indicators observed": ["square", colour("observed")], "more than half can be filled": ["dot", colour("imputed")] }),
    figure(`gaps-${dataset ?? "all"}`, `Share of the indicators that each country reports in each year: ${title}`, chart, { columns: ["country", "year", "observed", "fillable"], rows }),
    dataset ? null : element("h2", {}, "Which datasets are thin"),
    dataset ? null : table(["dataset", "indicators", "observed", "can be filled"], [...listed].sort((a, b) => a.observed - b.observed).map((each) => [each.name, each.indicators, percent(each.observed), percent(each.fillable)]), "Datasets, the thinnest first"),
    element("h2", {}, "Which countries are thin"),
    table(["country", "observed", "can be filled"], thinnest(gaps, names), "Countries, the thinnest first"),
    takeRequest("GET", `/data/gaps${dataset ? `?dataset=${encodeURIComponent(dataset)}` : ""}`),
  ].filter(Boolean);
}

async function ofIndicator(target, dataset, names) {
  const [gaps, found] = await Promise.all([get("/data/gaps", { indicator: target, dataset }), get("/data/indicators", { search: target, limit: 1 })]);
  const indicator = found.indicators[0];
  const fill = (year, country) => show({ view: "fill", dataset: indicator.dataset, target, target_year: String(year), country });
  const choose = (country, year) => {
    const row = gaps.countries.indexOf(country);
    const column = gaps.years.indexOf(year);
    if (gaps.fillable[row][column]) fill(year, country);
    else if (gaps.observed[row][column]) show({ view: "time", dataset: indicator.dataset, target, country });
  };
  const chart = await coverage({ ...gaps, share: gaps.observed, fillable: gaps.fillable, names, choose });
  const years = gaps.years.filter((_, column) => gaps.fillable.some((row) => row[column]));
  const select = element("select", {}, years.map((year) => element("option", { value: year }, year)));
  select.value = years.at(-1);
  const form = years.length
    ? element("form", { class: "row", onsubmit: (event) => { event.preventDefault(); fill(select.value); } }, element("label", {}, "Year with gaps that can be filled", select), element("button", { class: "main" }, "Fill this year"))
    : element("p", { class: "message" }, "No year of this indicator can be filled.");
  const reasons = Object.entries(gaps.reasons);
  const status = (row, column) => (gaps.observed[row][column] ? "observed" : gaps.fillable[row][column] ? "fillable" : "not fillable");
  const rows = () => gaps.countries.flatMap((country, row) => gaps.years.map((year, column) => [country, year, target, status(row, column)]));
  remember({ view: "gaps", dataset: indicator.dataset, target });
  return [
    element("h2", {}, indicator.name),
    element("p", { class: "note" }, [indicator.unit, indicator.dataset_name, indicator.source, indicator.code].filter(Boolean).join(" · ")),
    form,
    legend({ observed: ["square", colour("observed")], "missing, can be filled": ["dot", colour("imputed")], "missing, cannot be filled": ["square", colour("missing")] }),
    figure(`gaps-${target}`, `Which cells of “${indicator.name}” are observed, and which can be filled. A click on a cell that can be filled opens it.`, chart, { columns: ["country", "year", "indicator", "status"], rows }),
    reasons.length ? element("details", {}, element("summary", {}, `Why ${reasons.length} years cannot be filled`), table(["year", "reason"], reasons, "Years that cannot be filled")) : null,
    takeRequest("GET", `/data/gaps?indicator=${encodeURIComponent(target)}`),
  ].filter(Boolean);
}

function thinnest(gaps, names) {
  const cells = gaps.indicators * gaps.years.length;
  const of = (row) => row.reduce((a, b) => a + b, 0) / cells;
  return gaps.countries
    .map((code, row) => ({ name: names[code] ?? code, observed: of(gaps.observed[row]), fillable: of(gaps.fillable[row]) }))
    .sort((a, b) => a.observed - b.observed)
    .map((each) => [each.name, percent(each.observed), percent(each.fillable)]);
}

const sum = (matrix) => matrix.flat().reduce((a, b) => a + b, 0);
