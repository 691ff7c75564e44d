// The view of one country's series: observed points, interpolations to compare, and imputed values with their intervals.
import { get, post, problem } from "./api.js";
import { series } from "./charts.js";
import { element, message, remember, show, table } from "./page.js";
import { search } from "./search.js";
import { figure, takeRequest } from "./take.js";

const SHOWN = ["linear", "pchip", "akima"];
const BEST = { interpolator: "KNNImputer", scheme: "AFS", number_predictor: 10, estimators: 100, model: "etr", interval: "quantile" };

export default async function draw(place, { dataset, target, country, methods }) {
  const body = element("div", { "aria-live": "polite" });
  const picker = search({ dataset, chosen: (indicator) => show({ view: "time", dataset: indicator.dataset, target: indicator.code, country }) });
  const select = element("select", { onchange: (event) => show({ view: "time", dataset, target, country: event.target.value, methods }) });
  place.append(element("h1", {}, "One country over time"), element("div", { class: "row" }, picker, element("label", {}, "Country", select)), body);

  const code = target ?? (await get("/data/indicators", { dataset, limit: 1 })).indicators[0].code;
  const [found, countries, offered] = await Promise.all([get("/data/series", { indicator: code }), get("/data/countries"), get("/statimpute/methods")]);
  const names = Object.fromEntries(countries.map((each) => [each.code, each.name]));
  const with_values = Object.keys(found.series);
  if (!with_values.length) return body.replaceChildren(message(`No SIDS has a value of ${found.name}.`));
  const chosen = with_values.includes(country) ? country : with_values[0];
  select.replaceChildren(...with_values.map((each) => element("option", { value: each, selected: each === chosen }, names[each] ?? each)));
  const wanted = methods === undefined ? SHOWN : methods.split(",").filter(Boolean);
  remember({ view: "time", dataset, target: code, country: chosen, methods });
  await drawSeries(body, { found, code, country: chosen, name: names[chosen] ?? chosen, offered, wanted, dataset });
  return undefined;
}

async function drawSeries(body, { found, code, country, name, offered, wanted, dataset }) {
  const observed = found.years.map((year, at) => ({ year, value: found.series[country][at] })).filter((row) => row.value !== null);
  const lines = [];
  const faults = [];
  await Promise.all(
    offered.filter((method) => wanted.includes(method.value)).map(async (method) => {
      try {
        const request = { target: code, country, method: method.value, direction: "both", ...(method.takes_d ? { d: 2 } : {}) };
        const { imputed_series: filled } = await post("/statimpute/impute", request);
        lines.push(...filled.columns.map((year, at) => ({ year, value: filled.data[0][at], method: method.label })).filter((row) => row.value !== null));
      } catch (error) {
        faults.push(`${method.label}: ${error.message}`);
      }
    }),
  );
  lines.sort((a, b) => a.method.localeCompare(b.method) || a.year - b.year);
  const boxes = offered.map((method) =>
    element("label", { class: "check" }, element("input", { type: "checkbox", value: method.value, checked: wanted.includes(method.value), onchange: () => chooseMethods(boxes, { code, country, dataset }) }), method.label),
  );
  const chartPlace = element("div", {});
  const imputed = [];
  const redraw = async () => {
    const rows = () => [...observed.map((row) => [country, row.year, code, row.value, null, null, "observed"]), ...imputed.map((row) => [country, row.year, code, row.value, row.lower, row.upper, "imputed"])];
    const caption = `${found.name} in ${name} (${found.unit || "unit unknown"})`;
    chartPlace.replaceChildren(figure(`${code}-${country}`, caption, await series({ observed, imputed, lines, unit: found.unit }), { columns: ["country", "year", "indicator", "value", "lower", "upper", "status"], rows }));
  };
  body.replaceChildren(
    element("h2", {}, `${found.name}: ${name}`),
    chartPlace,
    await imputation({ code, country, dataset, imputed, redraw }),
    element("details", {}, element("summary", {}, "Interpolations to compare"), element("div", { class: "grid" }, boxes)),
    ...faults.map((text) => element("p", { class: "note" }, text)),
    table(["year", "value", "method"], lines.map((row) => [String(row.year), row.value, row.method]), "Interpolated series"),
    takeRequest("GET", `/data/series?indicator=${encodeURIComponent(code)}&country=${country}`),
  );
  await redraw();
}

function chooseMethods(boxes, { code, country, dataset }) {
  const methods = boxes.map((box) => box.querySelector("input")).filter((input) => input.checked).map((input) => input.value);
  show({ view: "time", dataset, target: code, country, methods: methods.length ? methods.join(",") : "," }, { replace: true });
}

/** Imputes the years that the country misses, one request after the other, until stopped. */
async function imputation({ code, country, dataset, imputed, redraw }) {
  const models = (await get("/params")).map((form) => form.model);
  if (!models.includes("twolvlImp")) return element("p", {});
  const gaps = await get("/data/gaps", { indicator: code });
  const row = gaps.fillable[gaps.countries.indexOf(country)];
  const years = gaps.years.filter((_, at) => row[at]);
  if (!years.length) return element("p", { class: "note" }, "No missing year of this series can be imputed from other indicators.");
  const status = element("span", { role: "status" });
  let going = null;
  const button = element("button", { type: "button" }, years.length === 1 ? `Impute ${years[0]}` : `Impute the ${years.length} missing years`);
  button.onclick = async () => {
    if (going) return going.abort();
    going = new AbortController();
    button.textContent = "Stop";
    try {
      for (const year of years.filter((each) => !imputed.some((known) => known.year === each))) {
        status.textContent = ` ${year}…`;
        const answer = await post("/twolvlImp/predict", { ...BEST, target: code, dataset, target_year: String(year) }, going.signal);
        const at = answer.prediction["Country Code"].indexOf(country);
        imputed.push({ year, value: answer.prediction.prediction[at], lower: answer.prediction.lower[at], upper: answer.prediction.upper[at] });
        imputed.sort((a, b) => a.year - b.year);
        await redraw();
      }
      status.textContent = ` Imputed: ${imputed.map((row) => row.year).join(", ")}.`;
    } catch (error) {
      status.replaceChildren(error.name === "AbortError" ? " Stopped." : problem(error));
    }
    going = null;
    button.textContent = "Impute the missing years";
    return undefined;
  };
  return element("p", {}, button, status);
}
