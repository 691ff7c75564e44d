// The frame of the page: its views, the state in the address, and what is said while the service cannot answer.
import { get, problem } from "./api.js";
import { element, show, state } from "./page.js";

const VIEWS = {
  gaps: { label: "Gaps", module: () => import("./gaps.js") },
  fill: { label: "Fill", model: "twolvlImp", module: () => import("./fill.js") },
  time: { label: "Over time", model: "statimpute", module: () => import("./time.js") },
  alike: { label: "Alike", model: "correlation", module: () => import("./alike.js") },
  survey: { label: "Survey", model: "survey", module: () => import("./survey.js") },
};

const main = document.querySelector("main");
let drawn = 0;

addEventListener("popstate", draw);
addEventListener("shown", draw);
document.querySelector("#views").addEventListener("click", (event) => {
  const view = event.target.closest("a")?.dataset.view;
  if (!view || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show({ view, ...shared() });
});
draw();
describeDataset();

/** What goes along from view to view. */
function shared() {
  const { dataset, target, target_year, country } = state();
  return { dataset, target, target_year, country };
}

async function draw() {
  const turn = ++drawn;
  let served = [];
  try {
    served = (await get("/params")).map((form) => form.model);
  } catch (error) {
    return main.replaceChildren(heading("Explorer"), problem(error, draw));
  }
  const offered = Object.entries(VIEWS).filter(([, view]) => !view.model || served.includes(view.model));
  const wanted = state().view;
  const [name, view] = offered.find(([each]) => each === wanted) ?? offered[0];
  drawNavigation(offered, name);
  document.title = `${view.label} – SIDS explorer`;
  const place = element("div", { id: `view-${name}` });
  try {
    const { default: drawView } = await view.module();
    if (turn !== drawn) return;
    main.replaceChildren(place);
    await drawView(place, state());
  } catch (error) {
    if (turn !== drawn || error.name === "AbortError") return;
    if (error.status === undefined) console.error(error);
    main.replaceChildren(heading(view.label), problem(error, draw));
  }
}

function drawNavigation(offered, current) {
  const links = offered.map(([name, view]) =>
    element("a", { href: `?view=${name}`, "data-view": name, "aria-current": name === current ? "page" : null }, view.label),
  );
  document.querySelector("#views").replaceChildren(...links);
}

async function describeDataset() {
  try {
    const ready = await get("/ready");
    const counts = `${ready.countries} countries, ${ready.indicators} indicators, ${ready.years} years`;
    document.querySelector("#dataset").textContent = `Data: ${counts}, version ${ready.version.slice(0, 8)}.`;
  } catch {
    document.querySelector("#dataset").textContent = "";
  }
}

const heading = (text) => element("h1", {}, text);
