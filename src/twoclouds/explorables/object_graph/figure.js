import { CLOUDS, choice, commitment, fold, frame, h, put, table } from "../kit.js";

const WORDS = {
  same: "the same object",
  new: "new",
  changed: "the same name, other content",
  line: "no object: a line of the request",
};

const told = (found) => (found.is === "new" ? `new: ${found.name}` : WORDS[found.is]);

/** One thing that a run names: a tick box in the middle of its row; a second box beside it once it is (thought) new. */
function thing(object, changed) {
  const input = h("input", { type: "checkbox", onchange: changed });
  const name = h("span", { class: "tcg-name" }, object.name);
  const verdict = h("span", { class: "tcg-verdict" });
  const fresh = h("span", { class: "tcg-box tcg-fresh" });
  const box = h("label", { class: "tcg-box" }, input,
    h("span", {}, h("b", {}, object.kind), " ", name, h("small", {}, object.where), verdict));
  const row = h("li", {}, h("span", { class: "tcg-edge", "aria-hidden": "true" }), box, fresh, h("span", { class: "tcg-edge", "aria-hidden": "true" }));
  return { object, input, verdict, fresh, row };
}

/** A cloud's graph: last week's run, the things, this week's run; and the question about last week's. */
function graph(cloud, changed) {
  const things = cloud.objects.map((object) => thing(object, changed));
  const state = { sees: null };
  const again = choice({
    legend: "Last week’s run, sent once more:",
    choices: [["same", "sees what it saw"], ["other", "sees something else"]],
    value: null,
    change: (value) => { state.sees = value; changed(); },
  });
  const answer = h("div", { class: "tcg-answer" });
  const end = (words) => h("span", { class: "tcg-run" }, h("span", {}, words));
  const box = h("fieldset", { class: `tcg-cloud tc-x-${cloud.cloud}` },
    h("legend", {}, h("span", { class: "tc-x-cloud" }, CLOUDS[cloud.cloud])),
    h("div", { class: "tcg-graph" }, end("last week"), h("ul", {}, things.map(({ row }) => row)), end("this week")),
    again, answer);
  return { cloud, things, state, again, answer, box };
}

/** Draw a thing: as the reader thinks it is, or as it is. */
function draw({ object, input, verdict, fresh, row }, found, open) {
  const is = open ? (input.checked ? "guessed" : "same") : found.is;
  row.className = `tcg-${is}`;
  put(fresh, open ? "new?" : found.is === "new" ? found.name : "");
  fresh.hidden = !["guessed", "new"].includes(is);
  const right = input.checked === (found.is === "new");
  const words = found.is === "line" && found.name !== object.name ? `${WORDS.line}, now ${found.name}` : WORDS[found.is];
  put(verdict, open ? "" : `${right ? "✓" : "✗"} ${words}`);
  input.disabled = !open;
}

function answerOf({ things, state }, found) {
  const [before, after] = found.sees;
  const same = before === after;
  const right = things.filter(({ object, input }) => input.checked === (found.objects[object.key].is === "new")).length;
  return [
    h("p", {}, h("b", {}, `${right} of ${things.length} as you said. `), found.note),
    found.refused.map((said) => h("p", {}, "Tried under the old name first; the answer: ", h("q", {}, said))),
    h("p", {}, h("b", {}, `${(state.sees === "same") === same ? "✓" : "✗"} Sent once more, last week’s run sees ${same ? "what it saw" : "something else"}: `),
      same ? `${after}.` : `${before} then, ${after} now.`),
  ];
}

function inWords(data, change) {
  const rows = data.clouds.flatMap(({ cloud, objects, changes }) => objects.map((object) => [
    `${CLOUDS[cloud]}: ${object.kind}`, object.name, told(changes[change].objects[object.key])]));
  const again = data.clouds.map(({ cloud, changes }) => [
    `${CLOUDS[cloud]}: last week’s run, sent once more`, `saw ${changes[change].sees[0]}`, `sees ${changes[change].sees[1]}`]);
  return table("What the runs name", ["what a run names", "last week", "this week"], [...rows, ...again]);
}

function render({ model, el }) {
  const data = model.get("data");
  const graphs = data.clouds.map((cloud) => graph(cloud, () => update()));
  const words = h("div", {});
  const after = h("div", { hidden: true }, fold("The same as a table", words));
  let change = data.changes[0].key;

  const marks = commitment({
    missing: () => (graphs.every(({ state }) => state.sees) ? null : "Say for both clouds what last week’s run would see."),
    commit() { update(false); return "Try another change: begin again."; },
    again() { clear(); return ""; },
  });

  function clear() {
    for (const { things, state, again } of graphs) {
      state.sees = null;
      for (const input of [...things.map((one) => one.input), ...again.querySelectorAll("input")]) input.checked = false;
    }
    update(true);
  }

  function update(open = marks.open()) {
    for (const one of graphs) {
      const found = one.cloud.changes[change];
      for (const each of one.things) draw(each, found.objects[each.object.key], open);
      one.again.disabled = !open;
      put(one.answer, open ? [] : answerOf(one, found));
    }
    picker.disabled = !open;
    after.hidden = open;
    put(words, open ? [] : inWords(data, change));
  }

  const picker = choice({
    legend: "What changes this week?",
    choices: data.changes.map(({ key, name }) => [key, name]),
    value: change,
    change: (key) => { change = key; clear(); },
  });
  picker.classList.add("tcg-picker");
  frame(el, data.question, data.lead, picker, graphs.map(({ box }) => box), marks.bar, after);
  update(true);
}

export default { render };
