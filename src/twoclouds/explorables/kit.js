// What the explorables share: elements, the commitment, controls, words for time and money. `src/twoclouds/explorables`
// says how a figure is made of it; book/conventions.md how one is added.

let made = 0;

/** An id that no other element of the page has. */
export const unique = (name) => `tc-x-${name}-${(made += 1)}`;

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else if (["checked", "value", "disabled", "open", "hidden"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element: `h("p", {class: "x", onclick: act}, "text", h("b", {}, "more"))`. What is null or false is left out. */
export const h = (name, properties = {}, ...children) => furnish(document.createElement(name), properties, children);

/** The same for a drawing: `s("svg", {viewBox: "0 0 10 10"}, s("rect", {…}))`. */
export const s = (name, properties = {}, ...children) =>
  furnish(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);

/** Put other children into an element, if they differ: what says nothing new is not announced again. */
export function put(element, ...children) {
  const before = element.innerHTML;
  const fresh = furnish(element.cloneNode(false), {}, children);
  if (fresh.innerHTML !== before) element.replaceChildren(...fresh.childNodes);
}

/** The frame of an explorable in `el`: its question, what to do, and the rest. Answers the frame. */
export function frame(el, question, lead, ...content) {
  const heading = h("p", { class: "tc-x-question", id: unique("question") }, question);
  const parts = [heading, lead && h("p", { class: "tc-x-lead" }, lead), ...content];
  const box = h("div", { class: "tc-x", role: "group", "aria-labelledby": heading.id, "data-lm-suppress-shortcuts": "true" }, parts);
  el.replaceChildren(box);
  return box;
}

/**
 * The commitment: a button, and a place where the figure says what came of it. `missing()` answers what is still to do
 * (a sentence), or null; then `commit()` is called, and `again()` when the reader begins again. Both may answer a
 * sentence to say. Answers {bar, said(text), open(): whether nothing is committed}.
 */
export function commitment({ missing, commit, again, word = "Commit" }) {
  let committed = false;
  const place = h("div", { class: "tc-x-said", role: "status" });
  const said = (...text) => put(place, ...text);
  const button = h("button", { type: "button", onclick: act }, word);
  function act() {
    const lacking = committed ? null : missing();
    if (lacking) return said(lacking);
    committed = !committed;
    button.textContent = committed ? "Begin again" : word;
    button.classList.toggle("tc-x-quiet", committed);
    said((committed ? commit() : again()) ?? "");
  }
  return { bar: h("div", { class: "tc-x-act" }, button, place), said, open: () => !committed };
}

/** A table with its caption; the first cell of a row is its head. `foot` are rows of sums. */
export function table(caption, head, rows, foot = []) {
  const line = (cells) => h("tr", {}, cells.map((cell, place) => (place ? h("td", {}, cell) : h("th", { scope: "row" }, cell))));
  return h("div", { class: "tc-x-scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: "tc-x-table" },
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map(line)),
      foot.length > 0 && h("tfoot", {}, foot.map(line))));
}

/** What opens on demand. */
export const fold = (summary, ...content) => h("details", { class: "tc-x-fold" }, h("summary", {}, summary), ...content);

/** What nobody publishes, to be moved: a fieldset for the controls below. */
export function assumptions(legend, ...controls) {
  return h("fieldset", { class: "tc-x-assumptions" }, h("legend", {}, legend), ...controls);
}

/** A slider. `shown(value)` is how it reads; `change(value)` is called at every move; `assumed` draws its track hatched. */
export function slider({ label, min, max, step = 1, value, shown = String, change, why = "", assumed = false }) {
  const id = unique("slider");
  const output = h("output", { for: id }, shown(value));
  const input = h("input", { id, type: "range", min, max, step, value, "aria-valuetext": shown(value), "aria-describedby": why ? `${id}-why` : null });
  input.addEventListener("input", () => {
    const now = Number(input.value);
    output.textContent = shown(now);
    input.setAttribute("aria-valuetext", shown(now));
    change(now);
  });
  return h("div", { class: assumed ? "tc-x-control tc-x-guessed" : "tc-x-control" },
    h("label", { for: id }, label), output, input, why && h("small", { id: `${id}-why` }, why));
}

/** A tick box. `change(checked)` is called at every change. */
export function tick({ label, checked, change, why = "", assumed = false }) {
  const id = unique("tick");
  const input = h("input", { id, type: "checkbox", checked, "aria-describedby": why ? `${id}-why` : null, onchange: () => change(input.checked) });
  return h("div", { class: assumed ? "tc-x-control tc-x-guessed" : "tc-x-control" },
    h("label", { for: id }, input, label), why && h("small", { id: `${id}-why` }, why));
}

/** Radio buttons: `choices` are [value, label] pairs; `change(value)` is called at every choice. */
export function choice({ legend, choices, value, change }) {
  const name = unique("choice");
  return h("fieldset", { class: "tc-x-choice" }, h("legend", {}, legend),
    choices.map(([key, label]) => h("label", {},
      h("input", { type: "radio", name, value: key, checked: key === value, onchange: () => change(key) }), label)));
}

const PHASES = {
  working: "working",
  provisioning: "getting ready",
  idle: "idle: kept, with nothing to do",
  waiting: "waiting for a machine",
};

/** What the colours mean: the phases named, and whether hatching occurs. */
export function legend(phases, assumed = false) {
  const entry = (kind, words) => h("li", {}, h("span", { class: `tc-x-swatch ${kind}`, "aria-hidden": "true" }), words);
  return h("ul", { class: "tc-x-legend", "aria-label": "Colours" },
    phases.map((phase) => entry(`tc-x-${phase}`, PHASES[phase])),
    assumed && entry("tc-x-waiting tc-x-assumed", "hatched: its length is assumed"));
}

/** Seconds as 4:00, or 1:05:09. */
export function clock(seconds) {
  const all = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, String(all % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Seconds in words: 42 s, 4 min, 1 min 19 s, 2 h 5 min. */
export function lasting(seconds) {
  const all = Math.round(seconds);
  const parts = [[Math.floor(all / 3600), "h"], [Math.floor(all / 60) % 60, "min"], [all % 60, "s"]];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count}\u00a0${unit}`).join(" ") || "0\u00a0s";
}

/** Dollars, with four decimals unless told otherwise. */
export const dollars = (amount, decimals = 4) => `$${amount.toFixed(decimals)}`;

export const CLOUDS = { azure: "Azure ML", aws: "SageMaker AI" };
