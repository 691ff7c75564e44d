// The view that fills the gaps of an indicator in a year, and says how sure that is and why.
import { get, post, problem, submit } from "./api.js";
import { bars, correlations, legend, maps, scatter, values } from "./charts.js";
import { modelForm } from "./form.js";
import { follow } from "./jobs.js";
import { colour, element, number, percent, show, table } from "./page.js";
import { figure, takeRequest, takeTable } from "./take.js";

// The setting that measured best on cells that are really missing (docs/performance.md).
const BEST = { interpolator: "KNNImputer", scheme: "AFS", number_predictor: "10", estimators: "100", model: "etr", interval: "quantile", target_year: "" };
const SCATTERS = 4;
const PATH = "/twolvlImp/predict";

export default async function draw(place, given) {
  const [forms, years] = await Promise.all([get("/params"), get("/twolvlImp/target_years")]);
  const description = forms.find((form) => form.model === "twolvlImp");
  const seconds = element("small", { role: "status" });
  const button = element("button", { class: "main", disabled: true }, "Fill the gaps");
  const output = element("div", { "aria-live": "polite" });
  const running = element("div", {});
  let body = null;
  const changed = (request) => {
    body = request;
    button.disabled = !request;
    estimate(request, seconds);
  };
  const form = modelForm(description, given, { ...BEST, target_year: years.at(-2) ?? years.at(-1) }, changed);
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const job = await submit(PATH, body);
      show({ view: "fill", ...body, job: job.id });
    } catch (error) {
      running.replaceChildren(problem(error));
      button.disabled = false;
    }
  };
  place.append(
    element("h1", {}, "Fill the gaps of an indicator"),
    element("div", { class: "columns" }, element("form", { onsubmit: send }, form.node, element("div", {}, button, " ", seconds), running), output),
  );
  const ready = form.ready.catch((error) => running.replaceChildren(problem(error)));
  if (!given.job) {
    output.append(element("p", { class: "note" }, "Choose a year and an indicator. The other settings are those that measured best; the defaults are a good start."));
    return ready;
  }
  const found = await follow(given.job, running);
  if (!found) return ready;
  running.replaceChildren();
  output.replaceChildren();
  for await (const part of results(found, requestOf(found, given))) output.append(...part);
  return ready;
}

/** The request in the address; without one, what the answer tells of it. */
function requestOf(found, { view, job, country, ...given }) {
  const [year] = Object.keys(found.indicatorJson.data);
  const numbers = Object.fromEntries(["number_predictor", "estimators"].filter((name) => given[name]).map((name) => [name, Number(given[name])]));
  const lists = given.manual_predictors ? { manual_predictors: given.manual_predictors.split(",") } : {};
  return { ...given, ...numbers, ...lists, history: given.history !== "false", target_year: year };
}

let asked = 0;
async function estimate(request, seconds) {
  const turn = ++asked;
  if (!request) {
    seconds.textContent = "Something required is missing.";
    return;
  }
  try {
    const expected = await post("/twolvlImp/estimate", request);
    if (turn === asked) seconds.textContent = expected < 1 ? "Expected to take less than a second." : `Expected to take ${number(expected)} s.`;
  } catch (error) {
    if (turn === asked) seconds.textContent = error.message;
  }
}

/** The parts of a result, what matters most first: the rest is drawn while it is read. */
async function* results(found, request) {
  const codes = [request.target, ...found.model_feature_names.slice(0, SCATTERS)];
  const known = Promise.all(codes.map((code) => get("/data/series", { indicator: code })));
  const [places, listed] = await Promise.all([get("/data/countries"), get("/data/indicators", { search: request.target, limit: 1 })]);
  const names = Object.fromEntries(places.map((place) => [place.code, place.name]));
  const indicator = listed.indicators[0];
  const rows = asRows(found, names);
  const imputed = rows.filter((row) => row.status === "imputed");
  const title = `${indicator.name}, ${request.target_year}`;
  const columns = ["country", "year", "indicator", "value", "lower", "upper", "status"];
  const records = () => rows.map((row) => [row.code, Number(request.target_year), request.target, row.value, row.lower, row.upper, row.status]);
  const name = `${request.target}-${request.target_year}`;
  const predictors = found.model_feature_names.map((code, at) => ({ code, name: found.predictor_names[code] ?? code, value: found.model_feature_importance[at] }));
  yield [
    element("h2", {}, title),
    honesty(found, imputed, indicator, names),
    legend({ observed: ["dot", colour("observed")], "imputed, with its 90 % interval": ["diamond", colour("imputed")], "imputed, not to be used without care": ["diamond", colour("paper"), colour("imputed")] }),
    figure(name, `${title}: every country by value (${indicator.unit || "unit unknown"})`, await values({ rows, unit: indicator.unit }), { columns, rows: records }),
  ];
  const points = rows.map((row) => ({ ...row, fill: row.value, text: `${number(row.value)}, ${row.status}` }));
  yield [figure(`${name}-map`, `${title}: on the map`, await maps({ rows: points, places, label: title }))];
  const shares = { columns: ["predictor", "name", "importance"], rows: () => predictors.map((each) => [each.code, each.name, each.value]) };
  yield [
    element("h2", {}, "What the imputed values rest on"),
    figure(`${name}-predictors`, "Share of each predictor in the prediction", await bars({ rows: predictors, label: "importance" }), shares),
    await scatters(await known, predictors, indicator, request, names, name),
    predictors.length > 1 ? figure(`${name}-correlation`, "Correlation of the predictors with each other", await correlations({ names: predictors.map((each) => each.name), matrix: ordered(found.correlation, predictors) })) : null,
  ].filter(Boolean);
  yield [
    element("h2", {}, "As a table"),
    element("div", { class: "take" }, takeTable(name, columns, records)),
    table(["country", "value", "lower", "upper", "status", "evidence", "how"], rows.map((row) => [row.name, row.value, row.lower, row.upper, row.unreliable ? `${row.status}, care` : row.status, row.evidence === undefined ? "" : percent(row.evidence), row.method ?? ""]), title),
    takeRequest("POST", PATH, request),
  ];
}

/** One row per country: the observed value, or the imputed one with what it rests on. */
function asRows(found, names) {
  const [year] = Object.keys(found.indicatorJson.data);
  const { diagnostics } = found;
  const lower = found.indicatorJson.lowerIntervals[year];
  const upper = found.indicatorJson.upperIntervals[year];
  return Object.entries(found.indicatorJson.data[year])
    .map(([code, value]) => ({
      code,
      name: names[code] ?? code,
      value,
      lower: lower[code],
      upper: upper[code],
      status: code in lower ? "imputed" : "observed",
      evidence: diagnostics.evidence[code],
      method: diagnostics.method[code],
      unreliable: diagnostics.unreliable.includes(code),
    }))
    .sort((a, b) => b.value - a.value);
}

/** In plain words: how far off, how often right, and which values not to rely on. */
function honesty(found, imputed, indicator, names) {
  const { out_of_fold: held, unreliable, countries_without_predictors: without, near_duplicates: twins, warnings, training_countries: rows, training_sids: sids } = found.diagnostics;
  const unit = indicator.unit ? ` ${indicator.unit}` : "";
  const named = (codes) => codes.map((code) => names[code] ?? code).join(", ");
  const coverage = held.coverage_sids ?? held.coverage;
  const said = [
    `${imputed.length} SIDS had no value and were imputed; the model learnt from ${rows} countries, ${sids} of them SIDS.`,
    `Typical error for these SIDS: ± ${number(held.rmse_sids ?? held.rmse)}${unit}. Tried on countries whose value was hidden, the intervals held ${percent(coverage)} of the time (they promise 90 %).`,
    unreliable.length ? `Do not use without care: ${named(unreliable)}. Their intervals are very wide, or little that was observed supports them.` : "No value stands out as unreliable.",
    without.length ? `No predictor at all is known of: ${named(without)}.` : "",
    twins.length ? `A predictor is nearly the same indicator under another code (${twins.join(", ")}), so the error says how well the copy agrees.` : "",
    ...warnings.map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`),
  ];
  return element("section", { class: "honest", "aria-label": "How sure this is" }, element("h2", {}, "How sure this is"), said.filter(Boolean).map((text) => element("p", {}, text)));
}

async function scatters([target, ...others], predictors, indicator, request, names, name) {
  const year = Number(request.target_year);
  const at = (series, country) => series.series[country]?.[series.years.indexOf(year)];
  const charts = await Promise.all(
    others.map((series, index) => {
      const rows = Object.keys(names)
        .map((code) => ({ name: names[code], x: at(series, code), y: at(target, code) }))
        .filter((row) => typeof row.x === "number" && typeof row.y === "number");
      return rows.length ? scatter({ rows, x: predictors[index].name, y: indicator.name }) : null;
    }),
  );
  const shown = charts.filter(Boolean);
  return shown.length ? figure(`${name}-scatter`, `The first predictors against the indicator, in the SIDS with both values of ${year}`, element("div", { class: "grid" }, shown)) : null;
}

function ordered(correlation, predictors) {
  const positions = predictors.map((each) => correlation.index.indexOf(each.code));
  return positions.map((row) => positions.map((column) => correlation.data[row][column]));
}
