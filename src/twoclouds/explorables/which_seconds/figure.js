import { CLOUDS, assumptions, clock, commitment, dollars, fold, frame, h, lasting, legend, put, slider, table, tick } from "../kit.js";

const total = (stretches) => stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);

/** The bill of a track if `values` is what is assumed: its stretches, billed seconds, and dollars, also for what goes with it. */
export function bill(data, track, values = {}) {
  const given = Object.fromEntries(data.assumptions.map(({ name, value }) => [name, value]));
  const now = { ...given, ...values };
  const stretches = track.stretches.map((stretch) => ({
    ...stretch,
    seconds: stretch.seconds + (stretch.length ? now[stretch.length] - given[stretch.length] : 0),
    billed: stretch.bills in now ? Boolean(now[stretch.bills]) : stretch.billed,
  }));
  const seconds = total(stretches.filter((stretch) => stretch.billed));
  const beside = track.beside.map(({ name, hourly, first, last }) => {
    const lasts = total(stretches.slice(first, last + 1));
    return { name, seconds: lasts, dollars: (lasts * hourly) / 3600 };
  });
  return { stretches, seconds, dollars: (seconds * track.hourly) / 3600, beside };
}

/** One stretch: a tick box that is a piece of the timeline. */
function tile(stretch, changed) {
  const input = h("input", { type: "checkbox", onchange: changed });
  const time = h("span", { class: "tcw-time" });
  const verdict = h("span", { class: "tcw-verdict" });
  const kind = `tc-x-${stretch.phase ?? "none"}${stretch.assumed ? " tc-x-assumed" : ""}`;
  const label = h("label", { class: `tcw-tile ${kind}` },
    h("span", { class: "tcw-strip", "aria-hidden": "true" }),
    h("span", { class: "tcw-name" }, input, h("span", {}, stretch.name)), time, verdict);
  return { input, time, verdict, label, item: h("li", {}, label) };
}

/** Press on a stretch and draw across others: all become what the first one becomes. */
function paintable(list, tiles, changed) {
  let first = null, paint = true, drawn = false;
  const at = (event) => tiles.find(({ label }) => label.contains(document.elementFromPoint(event.clientX, event.clientY)));
  const set = (one) => { if (one.input.checked !== paint) { one.input.checked = paint; changed(); } };
  list.addEventListener("pointerdown", (event) => {
    first = tiles.find(({ label, input }) => label.contains(event.target) && !input.disabled) ?? null;
    [paint, drawn] = [!first?.input.checked, false];
  });
  list.addEventListener("pointermove", (event) => {
    const now = first && event.buttons ? at(event) : null;
    if (!now || (now === first && !drawn)) return;
    if (!drawn) set(first);
    drawn = true;
    set(now);
  });
  for (const kind of ["pointerup", "pointercancel"]) list.ownerDocument.addEventListener(kind, () => { first = null; });
  list.addEventListener("click", (event) => { if (drawn && event.detail) event.preventDefault(); drawn = false; }, true);
}

/** A cloud's machine: its tiles, and what is shown of it after the commitment. */
function row(data, track, changed) {
  const tiles = track.stretches.map((stretch) => tile(stretch, changed));
  const list = h("ol", { class: "tcw-tiles" }, tiles.map(({ item }) => item));
  paintable(list, tiles, changed);
  const answer = h("div", { class: "tcw-answer" });
  const price = `${track.what}, $${track.hourly} an hour`;
  const box = h("fieldset", { class: `tcw-track tc-x-${track.cloud}` },
    h("legend", {}, h("span", { class: "tc-x-cloud" }, CLOUDS[track.cloud]), h("small", {}, ` ${price}`)), list, answer);
  return { track, tiles, answer, box };
}

/** Seconds that the reader has painted. */
const painted = ({ tiles }, { stretches }) => total(stretches.filter((_, place) => tiles[place].input.checked));

/** A lane of the timeline to scale: the stretches that `counts`. */
function lane(word, stretches, longest, counts, seconds) {
  let at = 0;
  const bars = stretches.map((stretch, place) => {
    const bar = counts(stretch, place) && h("i", {
      class: `tc-x-fill tc-x-${stretch.phase ?? "waiting"} ${stretch.assumed ? "tc-x-assumed" : ""} tc-x-moves`,
      style: `left:${(100 * at) / longest}%;width:${(100 * stretch.seconds) / longest}%`,
    });
    at += stretch.seconds;
    return bar;
  });
  return [h("span", {}, word), h("span", { class: "tcw-lane", "aria-hidden": "true" }, bars), h("b", {}, clock(seconds))];
}

const more = (seconds) => (seconds === 0 ? "as long as" : `${lasting(Math.abs(seconds))} ${seconds > 0 ? "more" : "less"} than`);

/** What the bill says about one machine, against what was painted. */
function answerOf(data, one, found, longest) {
  const mine = painted(one, found);
  const off = (mine * one.track.hourly) / 3600 - found.dollars;
  const wrong = found.stretches.filter((stretch, place) => stretch.billed !== one.tiles[place].input.checked);
  const all = found.dollars + found.beside.reduce((sum, { dollars: cost }) => sum + cost, 0);
  const also = found.beside.map(({ name, seconds, dollars: cost }) => `${name}, ${clock(seconds)}: ${dollars(cost)}`);
  return [
    h("div", { class: "tcw-lanes" },
      lane("You", found.stretches, longest, (_, place) => one.tiles[place].input.checked, mine),
      lane("The bill", found.stretches, longest, (stretch) => stretch.billed, found.seconds)),
    h("p", {}, h("b", {}, `${clock(found.seconds)} on the bill`), `: ${more(found.seconds - data.run)} your script ran. `,
      mine === found.seconds && !wrong.length ? "You painted exactly that. " : `You painted ${clock(mine)}${Math.abs(off) < 5e-5 ? "" : `, ${dollars(Math.abs(off))} too ${off > 0 ? "much" : "little"}`}. `,
      `The machine costs ${dollars(found.dollars)}.`,
      also.length > 0 && ` Beside it: ${also.join("; ")}. All together ${dollars(all)}.`),
    wrong.length > 0 && h("ul", { class: "tcw-why" }, wrong.map((stretch) => h("li", {},
      h("b", {}, `${stretch.name}: ${stretch.billed ? "billed" : "not billed"}. `), stretch.because))),
  ];
}

function mark(one, found, open) {
  found.stretches.forEach((stretch, place) => {
    const { input, time, verdict, label } = one.tiles[place];
    put(time, lasting(stretch.seconds));
    const right = stretch.billed === input.checked;
    put(verdict, open ? "" : `${right ? "✓" : "✗"} ${stretch.billed ? "billed" : "not billed"}`);
    label.classList.toggle("tcw-wrong", !open && !right);
    input.disabled = !open;
  });
}

function inWords(data, bills) {
  const rows = data.tracks.flatMap((track, place) => bills[place].stretches.map((stretch) => [
    `${CLOUDS[track.cloud]}: ${stretch.name}`, clock(stretch.seconds), stretch.billed ? "yes" : "no", stretch.because]));
  const sums = data.tracks.map((track, place) => [`${CLOUDS[track.cloud]}: billed`, clock(bills[place].seconds), dollars(bills[place].dollars), ""]);
  return table("Every stretch of the machines’ time", ["stretch", "how long", "billed", "because"], rows, sums);
}

function controls(data, values, update) {
  const made = data.assumptions.map(({ name, label, value, most, why, date }) => {
    const change = (now) => { values[name] = now; update(); };
    const because = `${why} (${date}).`;
    if (most === null) return tick({ label, checked: value, change, why: because, assumed: true });
    return slider({ label, min: 0, max: most, step: 1, value, shown: lasting, change, why: because, assumed: true });
  });
  return assumptions("Nobody publishes these. Move them: does the answer change?", made);
}

function render({ model, el }) {
  const data = model.get("data");
  const values = {};
  const rows = data.tracks.map((track) => row(data, track, () => update()));
  const count = h("p", { class: "tcw-count", "aria-live": "polite" });
  const after = h("div", { hidden: true });
  const words = h("div", {});
  const marks = commitment({
    missing: () => (rows.some(({ tiles }) => tiles.some(({ input }) => input.checked)) ? null : "Paint at least one stretch first."),
    commit() { update(false); return "Here is the bill."; },
    again() { update(true); return ""; },
  });

  function update(open = marks.open()) {
    const bills = data.tracks.map((track) => bill(data, track, values));
    const longest = Math.max(...bills.map(({ stretches }) => total(stretches)));
    rows.forEach((one, place) => {
      mark(one, bills[place], open);
      put(one.answer, open ? [] : answerOf(data, one, bills[place], longest));
    });
    const sums = rows.map((one, place) => `${clock(painted(one, bills[place]))} on ${CLOUDS[one.track.cloud]}`);
    put(count, open ? `Painted so far: ${sums.join(", ")}.` : "");
    after.hidden = open;
    put(words, open ? [] : inWords(data, bills));
  }

  const phases = ["provisioning", "working", "idle"];
  after.append(controls(data, values, () => update()), fold("The same as a table", words));
  frame(el, data.question, data.lead, rows.map(({ box }) => box), legend(phases, true), count, marks.bar, after);
  update(true);
}

export default { render };
