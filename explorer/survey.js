// The view that clusters the answers of a survey: its files stay in the browser until they are clustered.
import { problem, submit } from "./api.js";
import { elbow } from "./charts.js";
import { follow } from "./jobs.js";
import { plotting, script } from "./libraries.js";
import { element, message, number, show, table } from "./page.js";
import { figure, takeTable } from "./take.js";

const TYPES = ["categorical", "continuous", "GPS longitude", "GPS latitude"];
let survey = null;

export default async function draw(place, { job }) {
  const questions = element("div", {});
  const running = element("div", { "aria-live": "polite" });
  const output = element("div", { "aria-live": "polite" });
  const file = (label, note, use) => element("label", {}, label, element("input", { type: "file", accept: ".csv,.tsv,.txt,.xlsx", onchange: (event) => take(event.target.files[0], use) }), element("small", {}, note));
  const take = async (chosen, use) => {
    try {
      use(chosen.name, await readTable(chosen));
      drawQuestions(questions, running);
    } catch (error) {
      questions.replaceChildren(message(`${chosen?.name ?? "The file"} cannot be read: ${error.message}`));
    }
  };
  const drop = element(
    "div",
    { class: "columns" },
    element(
      "fieldset",
      { ondragover: (event) => event.preventDefault(), ondrop: (event) => { event.preventDefault(); take(event.dataTransfer.files[0], useAnswers); } },
      element("legend", {}, "Files, which you may also drop here"),
      file("Answers", "CSV or Excel: one row per respondent, one column per question.", useAnswers),
      file("Questions (optional)", "Columns: Question Name, Type, Factor. Without it the types are guessed.", useQuestions),
    ),
    questions,
  );
  place.append(element("h1", {}, "Groups of respondents in a survey"), drop, running, output);
  if (survey) drawQuestions(questions, running);
  else questions.append(element("p", { class: "note" }, "The answers leave this browser only when you cluster them."));
  if (!job) return;
  const found = await follow(job, running);
  if (!found) return;
  running.replaceChildren();
  output.replaceChildren(...(await results(found)));
}

function useAnswers(name, { columns, rows }) {
  const questions = columns.map((column) => ({ name: column, type: guess(rows.map((row) => row[column])), factor: "all" }));
  survey = { name, columns, rows, questions };
}

function useQuestions(name, { columns, rows }) {
  const absent = ["Question Name", "Type", "Factor"].filter((column) => !columns.includes(column));
  if (absent.length) throw new Error(`it has no column ${absent.join(", ")}; its columns are ${columns.join(", ")}`);
  if (!survey) throw new Error("choose the answers first");
  const described = new Map(rows.map((row) => [row["Question Name"], row]));
  survey.questions = survey.columns.filter((column) => described.has(column)).map((column) => ({ name: column, type: described.get(column).Type, factor: described.get(column).Factor || "all" }));
}

function drawQuestions(place, running) {
  const factors = () => [...new Set(survey.questions.map((question) => question.factor))];
  const factor = element("select", {}, factors().map((name) => element("option", {}, name)));
  const most = element("input", { type: "number", min: 1, max: 30, value: 10 });
  const rows = survey.questions.map((question) => {
    const type = element("select", { "aria-label": `Type of ${question.name}`, onchange: (event) => { question.type = event.target.value; } }, TYPES.map((name) => element("option", { selected: name === question.type }, name)));
    const group = element("input", { "aria-label": `Factor of ${question.name}`, value: question.factor, onchange: (event) => { question.factor = event.target.value || "all"; factor.replaceChildren(...factors().map((name) => element("option", {}, name))); } });
    return element("tr", {}, element("td", {}, question.name), element("td", {}, type), element("td", {}, group));
  });
  const send = async (event) => {
    event.preventDefault();
    const metadata = { "Question Name": [], Type: [], Factor: [] };
    for (const question of survey.questions) {
      metadata["Question Name"].push(question.name);
      metadata.Type.push(question.type);
      metadata.Factor.push(question.factor);
    }
    const data = Object.fromEntries(survey.questions.map(({ name, type }) => [name, survey.rows.map((row) => answer(row[name], type))]));
    try {
      const job = await submit("/survey/clustering", { data, metadata, factor: factor.value, max_k: Number(most.value) });
      show({ view: "survey", job: job.id });
    } catch (error) {
      running.replaceChildren(problem(error));
    }
  };
  const head = element("thead", {}, element("tr", {}, ["Question", "Type", "Factor"].map((name) => element("th", { scope: "col" }, name))));
  place.replaceChildren(
    element("p", {}, `${survey.name}: ${survey.rows.length} rows, ${survey.columns.length} columns.`),
    element("form", { onsubmit: send }, element("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Questions" }, element("table", {}, head, element("tbody", {}, rows))), element("div", { class: "row" }, element("label", {}, "Factor to cluster by", factor), element("label", {}, "Most clusters", most), element("button", { class: "main" }, "Cluster"))),
  );
}

async function results(found) {
  const costs = found.costs.map(([k, cost]) => ({ k, cost }));
  const labels = found.cluster_label;
  const rows = () => labels.map((label, at) => [at + 1, label === null ? null : label + 1]);
  const clusters = found.sizes.map((size, label) => `cluster ${label + 1} (${size} rows)`);
  const questions = Object.keys(found.centroids[0] ?? {});
  const fit = found.silhouette === null ? "" : ` Mean silhouette ${number(found.silhouette)} (1: well apart, 0: overlapping).`;
  return [
    element("h2", {}, `${found.k} clusters by ${found.algorithm}`),
    element("p", {}, `${found.clustered_rows} of ${labels.length} rows were clustered.${fit}`),
    figure("elbow", "Cost by number of clusters; the chosen one stands out", await elbow({ costs, chosen: found.k }), { columns: ["clusters", "cost"], rows: () => found.costs }),
    element("h2", {}, "What is typical of each cluster"),
    table(["question", ...clusters], questions.map((question) => [question, ...found.centroids.map((centroid) => centroid[question])]), "Most frequent answer, or mean of numbers"),
    element("h2", {}, "Labels"),
    element("div", { class: "take" }, takeTable("labels", ["row", "cluster"], rows)),
  ];
}

function answer(value, type) {
  const text = String(value ?? "").trim();
  if (!text) return null;
  return type === "categorical" ? text : Number.isFinite(Number(text)) ? Number(text) : text;
}

function guess(values) {
  const known = values.map((value) => String(value ?? "").trim()).filter(Boolean);
  return known.length && known.every((text) => Number.isFinite(Number(text))) && new Set(known).size > 5 ? "continuous" : "categorical";
}

/** Columns and rows (objects) of a CSV file, whatever its delimiter, or of the first sheet of an Excel file. */
async function readTable(file) {
  if (file.name.toLowerCase().endsWith(".xlsx")) {
    await script("/explore/read-excel-file.min.js");
    const [{ data }] = await globalThis.readXlsxFile(file);
    return asObjects(data);
  }
  await plotting();
  const text = (await file.text()).replace(/^\uFEFF/, "");
  const head = text.slice(0, text.indexOf("\n") + 1 || undefined);
  const delimiter = ["\t", ";", "|", ","].reduce((best, each) => (head.split(each).length > head.split(best).length ? each : best), ",");
  // Not `parse`, which makes a function from text: the page's policy forbids that.
  return asObjects(globalThis.d3.dsvFormat(delimiter).parseRows(text));
}

function asObjects([header, ...rows]) {
  const columns = header.map(String);
  return { columns, rows: rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]]))) };
}
