// A form made from a model's entry in /params, so that new models and options appear by themselves.
import { get, post } from "./api.js";
import { element } from "./page.js";

/**
 * The form of a model.
 * @param description its entry in /params
 * @param given values by parameter, from the address
 * @param defaults values by parameter where none is given and this one is offered
 * @param changed called after each change with the request, or null while something required is missing
 */
export function modelForm(description, given, defaults, changed) {
  const fields = description.inputs.map((input) => ({ input, ...control(input), value: given[input.parameter] ?? defaults[input.parameter] ?? "" }));
  const byName = new Map(fields.map((field) => [field.input.parameter, field]));
  const node = element("fieldset", {}, element("legend", {}, description.label), fields.map((field) => field.label));

  const read = (field) => {
    const { type } = field.input;
    if (field.control instanceof HTMLSelectElement && !field.control.options.length) return field.value;
    if (type === "array") return [...field.control.selectedOptions].map((option) => option.value);
    if (type === "boolean") return field.control.checked;
    const text = field.control.value;
    return type === "integer" || (type === "enum" && /^\d+$/.test(text)) ? (text === "" ? "" : Number(text)) : text;
  };
  const condition = (field) => {
    const required = field.input.conditions?.[0]?.required;
    if (!Array.isArray(required)) return { shown: true, required: required === true };
    const met = required.some((each) => Object.entries(each).every(([name, value]) => String(read(byName.get(name))) === value));
    return { shown: met, required: met };
  };
  const request = () => {
    const body = {};
    for (const field of fields) {
      const { shown, required } = condition(field);
      const value = read(field);
      if (!shown || value === "" || (Array.isArray(value) && !value.length)) {
        if (required) return null;
        continue;
      }
      body[field.input.parameter] = value;
    }
    return body;
  };
  const update = () => {
    for (const field of fields) field.label.hidden = !condition(field).shown;
    changed(request());
  };
  const fillOptions = async (field) => {
    const { endpoint, method, inputs } = field.input.req_endpoint;
    const known = Object.fromEntries(inputs.map((name) => [name, read(byName.get(name))]).filter(([, value]) => value !== ""));
    const missing = inputs.filter((name) => !(name in known) && condition(byName.get(name)).required);
    if (missing.length || !condition(field).shown) return;
    field.offered = true;
    const before = field.control.value || field.value;
    try {
      offer(field, method === "POST" ? await post(endpoint, known) : await get(endpoint, known));
      field.note.textContent = field.input.description ?? "";
    } catch (error) {
      offer(field, {});
      field.note.textContent = error.message;
    }
    choose(field, before);
  };
  const dependents = (name) => fields.filter((field) => field.input.req_endpoint?.inputs.includes(name));
  const onChange = async (field) => {
    field.value = field.control.value;
    update();
    for (const each of dependents(field.input.parameter)) await fillOptions(each);
    update();
  };
  for (const field of fields) field.control.addEventListener("change", () => onChange(field));

  const ready = (async () => {
    for (const field of fields) if (!field.input.req_endpoint) choose(field, field.value);
    const listed = fields.filter((field) => field.input.req_endpoint);
    await Promise.all(listed.map(fillOptions));
    for (const field of listed) if (!field.offered) await fillOptions(field);
    update();
  })();
  return { node, ready, request };
}

function control(input) {
  const note = element("small", {}, input.description ?? "");
  if (input.type === "boolean") {
    const box = element("input", { type: "checkbox", checked: true });
    return { control: box, note, label: element("label", { class: "check" }, box, element("span", {}, input.label, " ", note)) };
  }
  const select = element("select", input.type === "array" ? { multiple: true, size: 6 } : {});
  if (input.type === "enum") offerTo(select, input.values);
  const made = input.type === "enum" || input.req_endpoint ? select : element("input", { type: input.type === "integer" ? "number" : "text" });
  return { control: made, note, label: element("label", {}, input.label, made, note) };
}

/** Options from a list of values, or from code → name. */
function offer(field, listed) {
  const options = Array.isArray(listed) ? listed.map((value) => [value, value]) : Object.entries(listed);
  const optional = !field.input.conditions && field.input.type !== "array";
  offerTo(field.control, optional ? [["", "any"], ...options] : options);
}

const offerTo = (select, options) => select.replaceChildren(...options.map(([value, name]) => element("option", { value }, String(name))));

function choose(field, value) {
  if (field.input.type === "boolean") field.control.checked = value === "" || value === true || value === "true";
  else if (field.input.type === "array") {
    const wanted = Array.isArray(value) ? value : String(value).split(",");
    for (const option of field.control.options) option.selected = wanted.includes(option.value);
  } else if (!(field.control instanceof HTMLSelectElement)) field.control.value = value;
  else if ([...field.control.options].some((option) => option.value === String(value))) field.control.value = value;
  else field.control.selectedIndex = field.control.options.length ? 0 : -1;
}
