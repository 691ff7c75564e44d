// Finding an indicator by words of its name or code, as one types.
import { get } from "./api.js";
import { element } from "./page.js";

const PAUSE = 250;
const LISTED = 20;

/** A search field and its results; `chosen` gets the indicator. */
export function search({ dataset, chosen, label = "Indicator: words of its name, or its code" }) {
  const results = element("ul", { class: "results", hidden: true, "aria-label": "Indicators found" });
  const status = element("small", { role: "status" });
  let waiting = 0;
  const look = async () => {
    const text = input.value.trim();
    if (!text) {
      results.hidden = true;
      status.textContent = "";
      return;
    }
    try {
      const found = await get("/data/indicators", { search: text, dataset, limit: LISTED });
      if (text !== input.value.trim()) return;
      status.textContent = found.total > LISTED ? `${found.total} found, the first ${LISTED} are listed` : `${found.total} found`;
      results.replaceChildren(...found.indicators.map((each) => entry(each, chosen)));
      results.hidden = !found.indicators.length;
    } catch (error) {
      status.textContent = error.message;
    }
  };
  const input = element("input", {
    type: "search",
    autocomplete: "off",
    oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(look, PAUSE);
    },
    onkeydown: (event) => {
      if (event.key === "ArrowDown" && !results.hidden) {
        event.preventDefault();
        results.querySelector("button")?.focus();
      }
    },
  });
  return element("div", { class: "search", role: "search" }, element("label", {}, label, input, status), results);
}

function entry(indicator, chosen) {
  const years = indicator.years.length ? `${indicator.years[0]}–${indicator.years.at(-1)}` : "no value";
  const about = [indicator.dataset_name, `${indicator.sids} SIDS`, years].join(" · ");
  return element("li", {}, element("button", { type: "button", onclick: () => chosen(indicator) }, indicator.name, element("small", {}, about)));
}
