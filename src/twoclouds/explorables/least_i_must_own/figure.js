import { CLOUDS, commitment, fold, frame, h, put, table, unique } from "../kit.js";

const RUNGS = ["Nothing of mine runs", "My script", "My script and a list", "My own image"];
const both = Object.keys(CLOUDS);

/** One script: what it needs, a ladder on each cloud, the commitment, and then what each rung answers. */
function sheet(script, ladders, done, changed) {
  const mine = {};
  const clouds = both.map((cloud) => ladder(script, cloud, ladders[cloud], (rung) => { mine[cloud] = rung; }));
  const after = h("div", { hidden: true });
  const show = (open) => {
    clouds.forEach(({ answer }, place) => answer(open ? null : mine[both[place]]));
    after.hidden = open;
    changed();
  };
  const marks = commitment({
    missing: () => (both.every((cloud) => cloud in mine) ? null : "Pick a rung on each cloud first."),
    commit() {
      done[script.name] = both.map((cloud) => mine[cloud] === script.lowest[cloud]);
      show(false);
      return h("p", {}, verdict(script, ladders, mine));
    },
    again() { show(true); return ""; },
  });
  const rows = both.flatMap((cloud) => ladders[cloud].map(([name, own], rung) => [
    `${CLOUDS[cloud]}: ${name}`, own, script[cloud][rung].runs ? "yes" : "no", script[cloud][rung].why, script[cloud][rung].tried ? "run in the lab" : "not run"]));
  after.append(h("p", { class: "tclo-remark" }, script.remark),
    fold("The same as a table", table(script.title, ["rung", "what is yours", "runs", "why", "known from"], rows)));
  return [h("div", { class: "tclo-text", tabindex: "0", role: "group", "aria-label": "What it says" }, script.text.trimEnd()), h("div", { class: "tclo-ladders" }, clouds.map(({ box }) => box)), marks.bar, after];
}

/** A cloud's rungs, from the lowest up; `answer(picked)` shows what each says, `answer(null)` hides it. */
function ladder(script, cloud, rungs, pick) {
  const group = unique("rung");
  const rows = rungs.map(([name, own], rung) => {
    const says = h("span", { class: "tclo-says" });
    const input = h("input", { type: "radio", name: group, value: rung, onchange: () => pick(rung) });
    const item = h("li", {}, h("label", {}, input, h("span", {}, h("b", {}, RUNGS[rung]), h("span", { class: "tclo-name" }, name), says)));
    return { rung, own, says, input, item };
  });
  function answer(picked) {
    for (const { rung, own, says, input, item } of rows) {
      const { runs, why, tried } = script[cloud][rung], lowest = rung === script.lowest[cloud];
      input.disabled = picked !== null;
      item.className = picked === null ? "" : ["tclo-out", runs ? "tclo-runs" : "tclo-fails", lowest ? "tclo-lowest" : ""].join(" ").trim();
      put(says, picked === null ? [] : [
        h("span", { class: "tclo-mark" }, lowest ? "✓ the lowest that runs" : runs ? "✓ runs" : "✗ does not run", rung === picked && " (your pick)"),
        (lowest || !runs) && h("span", {}, why),
        (lowest || (!runs && rung > 0)) && h("span", { class: "tclo-known" }, tried ? "Run in the lab." : "From the vendor’s documents; not run."),
        lowest && h("span", {}, "Yours: ", own, ".")]);
    }
  }
  const box = h("fieldset", { class: `tclo-ladder tc-x-${cloud}` }, h("legend", { class: "tc-x-cloud" }, CLOUDS[cloud]),
    h("ol", { reversed: true }, [...rows].reverse().map(({ item }) => item)));
  return { box, answer };
}

function verdict(script, ladders, mine) {
  return both.map((cloud) => {
    const [is, said] = [script.lowest[cloud], mine[cloud]];
    const word = is === said ? "You said so." : said > is ? "You would have owned more than you must." : "It does not run where you stood.";
    return `${CLOUDS[cloud]}: ${ladders[cloud][is][0]}. ${word} `;
  });
}

function render({ model, el }) {
  const { question, scripts, ladders } = model.get("data");
  const done = {};
  const place = h("div");
  const count = h("p", { class: "tclo-count", "aria-live": "polite" });
  const name = unique("script");
  const score = () => {
    const all = Object.values(done).flat();
    put(count, all.length === 0 ? "" : `${all.filter(Boolean).length} of ${all.length} rungs right so far; ${scripts.length - Object.keys(done).length} scripts to go.`);
  };
  const open = (script) => place.replaceChildren(...sheet(script, ladders, done, score));
  const menu = h("fieldset", { class: "tclo-menu" }, h("legend", {}, "What you have"), scripts.map((script, at) => h("label", {},
    h("input", { type: "radio", name, checked: at === 0, onchange: () => open(script) }), script.title)));
  frame(el, question, "On every rung more is yours: to write, to keep, to mend. Take one after the other; for each, pick the lowest rung on which it runs.", menu, place, count);
  open(scripts[0]);
}

export default { render };
