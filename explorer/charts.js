// The charts. What is observed and what is not differs in shape as well as in colour.
import { coastlines, plotting } from "./libraries.js";
import { colour, element, number, percent } from "./page.js";

const REGIONS = {
  Caribbean: { rotate: [70, -17] },
  Pacific: { rotate: [-178, 6] },
  "Atlantic, Indian Ocean and South China Sea": { rotate: [-40, -2] },
};
const FULL_WIDTH = 860;
const LEFT = 190;
/** Islands of the eastern Caribbean lie so close that their labels stand beside them. */
const isCrowded = (place) => place.region === "Caribbean" && place.longitude > -65 && place.longitude < -59 && place.latitude < 20;

/** Countries × years: the share observed as shade, a dot where something can be filled. `choose(country, year)` on click. */
export async function coverage({ countries, years, share, fillable, names, choose }) {
  const Plot = await plotting();
  const cells = countries.flatMap((code, row) =>
    years.map((year, column) => ({ code, name: names[code] ?? code, year, share: share[row][column], fillable: fillable[row][column] })),
  );
  const title = (cell) => `${cell.name}, ${cell.year}: ${percent(cell.share)} observed, ${percent(cell.fillable)} can be filled`;
  const chart = draw(Plot, {
    height: 15 * countries.length + 50,
    marginLeft: LEFT,
    marginTop: 42,
    x: { type: "band", axis: "top", label: null, ticks: some(years), tickFormat: String },
    y: { type: "band", label: null, domain: countries.map((code) => names[code] ?? code) },
    color: { type: "linear", domain: [0, 1], range: [colour("missing"), colour("observed")] },
    marks: [
      Plot.cell(cells, { x: "year", y: "name", fill: "share", inset: 0.5, title }),
      Plot.dot(cells.filter((cell) => cell.fillable > 0.5 && cell.share < 0.5), { x: "year", y: "name", r: 2.2, fill: colour("imputed"), pointerEvents: "none" }),
    ],
  });
  return clickable(chart, cells, choose && ((cell) => choose(cell.code, cell.year)));
}

/** Countries by value: observed ones as filled dots, imputed ones as diamonds with their intervals. */
export async function values({ rows, unit }) {
  const Plot = await plotting();
  const imputed = rows.filter((row) => row.status !== "observed");
  const title = (row) =>
    row.status === "observed"
      ? `${row.name}: ${number(row.value)}, observed`
      : `${row.name}: ${number(row.value)}, 90 % between ${number(row.lower)} and ${number(row.upper)}${row.unreliable ? ", not to be used without care" : ""}`;
  return draw(Plot, {
    height: 15 * rows.length + 60,
    marginLeft: LEFT,
    x: { grid: true, label: unit || null, nice: true },
    y: { type: "band", label: null, domain: [...rows].sort((a, b) => b.value - a.value).map((row) => row.name) },
    marks: [
      Plot.ruleY(imputed, { x1: "lower", x2: "upper", y: "name", stroke: colour("imputed"), strokeWidth: 2, strokeOpacity: 0.7 }),
      Plot.dot(rows.filter((row) => row.status === "observed"), { x: "value", y: "name", fill: colour("observed"), r: 4, title }),
      Plot.dot(imputed, {
        x: "value",
        y: "name",
        symbol: "diamond",
        r: 5,
        stroke: colour("imputed"),
        strokeWidth: 2,
        fill: (row) => (row.unreliable ? colour("paper") : colour("imputed")),
        title,
      }),
    ],
  });
}

/** Three regional maps with a symbol per country; `fill` is a number (shade) or a name (category) of each row. */
export async function maps({ rows, places, label, categorical = false }) {
  const [Plot, land] = [await plotting(), await coastlines()];
  const known = new Map(rows.map((row) => [row.code, row]));
  const scale = categorical
    ? { type: "categorical", scheme: "Tableau10", legend: false }
    : { type: "linear", range: [colour("missing"), colour("observed")], domain: extent(rows.map((row) => row.fill)) };
  const labels = { x: "longitude", y: "latitude", text: "code", fontSize: 9, fill: colour("ink"), stroke: colour("paper"), strokeWidth: 2 };
  const panels = Object.entries(REGIONS).map(([region, projection]) => {
    const here = places.filter((place) => place.region === region);
    const points = here.map((place) => ({ ...place, ...known.get(place.code) }));
    const drawn = points.filter((point) => point.fill !== undefined);
    const title = (point) => `${point.name}: ${point.fill === undefined ? "no value" : point.text ?? number(point.fill)}`;
    const chart = draw(Plot, {
      width: 380,
      height: 260,
      inset: 14,
      projection: { type: "equirectangular", ...projection, domain: { type: "MultiPoint", coordinates: here.map((place) => [place.longitude, place.latitude]) } },
      color: scale,
      marks: [
        Plot.geo(land, { fill: colour("panel"), stroke: colour("line") }),
        Plot.dot(points.filter((point) => point.fill === undefined), { x: "longitude", y: "latitude", r: 3, stroke: colour("muted"), title }),
        Plot.dot(drawn, {
          x: "longitude",
          y: "latitude",
          r: 7,
          fill: "fill",
          stroke: (point) => (point.status === "imputed" ? colour("imputed") : colour("ink")),
          strokeWidth: (point) => (point.status === "imputed" ? 2 : 1),
          symbol: (point) => (point.status === "imputed" ? "diamond" : "circle"),
          title,
        }),
        Plot.text(points.filter((point) => !isCrowded(point)), { ...labels, dy: -12 }),
        Plot.text(points.filter(isCrowded), { ...labels, dx: 11, textAnchor: "start", fontSize: 7 }),
        Plot.text(categorical ? drawn : [], { x: "longitude", y: "latitude", text: "fill", fontSize: 8, fill: "white", stroke: "black", strokeWidth: 1.5 }),
      ],
      symbol: { type: "identity" },
    });
    return element("div", {}, element("p", { class: "note" }, region), chart);
  });
  return element("div", { class: "maps", "aria-label": label, role: "group" }, panels);
}

/** Horizontal bars of {name, value}, the longest first as given. */
export async function bars({ rows, label, domain }) {
  const Plot = await plotting();
  return draw(Plot, {
    height: 20 * rows.length + 45,
    marginLeft: 260,
    x: { label, grid: true, domain },
    y: { type: "band", label: null, domain: rows.map((row) => row.name), tickFormat: (name) => shortened(name, 40) },
    marks: [Plot.barX(rows, { x: "value", y: "name", fill: colour("observed"), title: (row) => `${row.name}: ${number(row.value)}` }), Plot.ruleX([0], { stroke: colour("ink") })],
  });
}

/** Pearson's r of every pair of predictors, as shades and numbers. */
export async function correlations({ names, matrix }) {
  const Plot = await plotting();
  const cells = names.flatMap((a, row) => names.map((b, column) => ({ a, b, r: matrix[row][column] })));
  return draw(Plot, {
    width: Math.min(FULL_WIDTH, 300 + 44 * names.length),
    height: 30 * names.length + 50,
    marginLeft: 230,
    x: { type: "band", domain: names, label: null, axis: null },
    y: { type: "band", domain: names, label: null, tickFormat: (name) => shortened(name, 36) },
    color: { type: "diverging", scheme: "PuOr", domain: [-1, 1], legend: false },
    marks: [
      Plot.cell(cells, { x: "a", y: "b", fill: "r", inset: 0.5, title: (cell) => `${cell.a} and ${cell.b}: ${number(cell.r)}` }),
      Plot.text(cells, { x: "a", y: "b", text: (cell) => cell.r.toFixed(2), fontSize: 9, fill: (cell) => (Math.abs(cell.r) > 0.6 ? "white" : "black") }),
    ],
  });
}

/** What a predictor looks like against the target in the SIDS with both. */
export async function scatter({ rows, x, y }) {
  const Plot = await plotting();
  return draw(Plot, {
    width: 320,
    height: 220,
    marginLeft: 55,
    x: { label: shortened(x, 46), nice: true, ticks: 4 },
    y: { label: shortened(y, 46), nice: true, ticks: 5, grid: true },
    marks: [Plot.dot(rows, { x: "x", y: "y", r: 3, fill: colour("observed"), title: (row) => `${row.name}: ${number(row.x)}, ${number(row.y)}` })],
  });
}

/** A series: observed points, imputed ones with intervals, interpolations as thin lines, and the legend. */
export async function series({ observed, imputed, lines, unit }) {
  const Plot = await plotting();
  const methods = [...new Set(lines.map((row) => row.method))];
  const chart = draw(Plot, {
    height: 380,
    marginLeft: 60,
    x: { label: null, tickFormat: String },
    y: { label: unit || null, grid: true, nice: true },
    color: { type: "categorical", domain: methods, scheme: "Dark2" },
    marks: [
      Plot.line(lines, { x: "year", y: "value", stroke: "method", z: "method", strokeWidth: 1.2, title: "method" }),
      Plot.areaY(imputed, { x: "year", y1: "lower", y2: "upper", fill: colour("imputed"), fillOpacity: 0.15 }),
      Plot.ruleX(imputed, { x: "year", y1: "lower", y2: "upper", stroke: colour("imputed"), strokeWidth: 2 }),
      Plot.dot(imputed, { x: "year", y: "value", symbol: "diamond", r: 5, fill: colour("paper"), stroke: colour("imputed"), strokeWidth: 2,
        title: (row) => `${row.year}: ${number(row.value)}, 90 % between ${number(row.lower)} and ${number(row.upper)}, imputed` }),
      Plot.dot(observed, { x: "year", y: "value", r: 4, fill: colour("observed"), title: (row) => `${row.year}: ${number(row.value)}, observed` }),
    ],
  });
  const colours = methods.map((method) => [method, ["line", "none", chart.scale("color").apply(method)]]);
  const shapes = { observed: ["dot", colour("observed")], "imputed, with its 90 % interval": ["diamond", colour("paper"), colour("imputed")] };
  return [legend({ ...shapes, ...Object.fromEntries(colours) }), chart];
}

/** The cost by the number of clusters, and the number chosen. */
export async function elbow({ costs, chosen }) {
  const Plot = await plotting();
  return draw(Plot, {
    width: 480,
    height: 260,
    marginLeft: 70,
    x: { label: "clusters", ticks: costs.length, tickFormat: "d" },
    y: { label: "cost", grid: true, nice: true, zero: true },
    marks: [
      Plot.line(costs, { x: "k", y: "cost", stroke: colour("observed") }),
      Plot.dot(costs, { x: "k", y: "cost", fill: (row) => (row.k === chosen ? colour("imputed") : colour("observed")), symbol: (row) => (row.k === chosen ? "diamond" : "circle"), r: 5,
        title: (row) => `${row.k} clusters: ${number(row.cost)}` }),
    ],
    symbol: { type: "identity" },
  });
}

/** A legend of symbols: name → [symbol, colour]. */
export function legend(entries) {
  const shapes = { dot: "M6,2a4,4 0 1,0 .01,0", diamond: "M6,0l5,6l-5,6l-5,-6z", square: "M1,1h10v10h-10z", line: "M0,6h12" };
  const item = ([text, [shape, fill, stroke]]) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", "12");
    svg.setAttribute("height", "12");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", shapes[shape]);
    path.setAttribute("fill", fill);
    if (stroke) path.setAttribute("stroke", stroke);
    svg.append(path);
    return element("li", {}, svg, text);
  };
  return element("ul", { class: "legend" }, Object.entries(entries).map(item));
}

/**
 * A chart as wide as its place. Without the style element that the page's policy forbids, whose rules are in style.css;
 * and with the names of marks as data, since a group without a role must not have a label.
 */
function draw(Plot, options) {
  const room = (document.querySelector("main")?.clientWidth ?? FULL_WIDTH) - 32;
  const width = Math.max(300, Math.min(options.width ?? FULL_WIDTH, room));
  const marginLeft = options.marginLeft && Math.min(options.marginLeft, Math.round(0.42 * width));
  const chart = Plot.plot({ ...options, width, ...(marginLeft ? { marginLeft } : {}) });
  for (const style of chart.querySelectorAll("style")) style.remove();
  for (const group of chart.querySelectorAll("g[aria-label]")) {
    group.dataset.mark = group.getAttribute("aria-label");
    group.removeAttribute("aria-label");
  }
  return chart;
}

function clickable(chart, cells, choose) {
  if (choose) {
    for (const [at, cell] of [...chart.querySelectorAll("[data-mark=cell] rect")].entries()) {
      cell.style.cursor = "pointer";
      cell.addEventListener("click", () => choose(cells[at]));
    }
  }
  return chart;
}

function some(years) {
  const step = Math.ceil(years.length / 12);
  return years.filter((_, at) => at % step === 0);
}

function extent(numbers) {
  const known = numbers.filter((value) => value !== undefined && value !== null);
  return known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

const shortened = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
