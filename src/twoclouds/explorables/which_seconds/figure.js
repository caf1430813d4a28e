import { CLOUDS, assumptions, clock, commitment, dollars, fold, frame, h, lasting, legend, put, slider, table, tick } from "../kit.js";

const total = (stretches) => stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);

/** The bill of a track if `values` is what is assumed: its stretches, billed seconds, and dollars, also for what goes with it. */
export function bill(data, track, values = {}) {
  const given = Object.fromEntries(data.assumptions.map(({ name, value }) => [name, value]));
  const now = { ...given, ...values };
  const stretches = track.stretches.map((stretch) => ({
    ...stretch,
    seconds: stretch.seconds + (stretch.length in now ? now[stretch.length] - given[stretch.length] : 0),
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
function row(track, changed) {
  const tiles = track.stretches.map((stretch) => tile(stretch, changed));
  const list = h("ol", { class: "tcw-tiles" }, tiles.map(({ item }) => item));
  paintable(list, tiles, changed);
  const answer = h("div", { class: "tcw-answer" });
  const box = h("fieldset", { class: `tcw-track tc-x-${track.cloud}` },
    h("legend", {}, h("span", { class: "tc-x-cloud" }, CLOUDS[track.cloud]), ` ${track.what} `,
      h("small", {}, `${track.machine}, $${track.hourly} an hour`)),
    list, answer);
  return { track, tiles, answer, box };
}

/** Seconds that the reader has painted. */
const painted = ({ tiles }, { stretches }) => total(stretches.filter((_, place) => tiles[place].input.checked));

/** A lane of the timeline to scale: the stretches that `counts`. */
function lane(word, stretches, longest, counts, seconds) {
  let at = 0;
  const bars = stretches.map((stretch, place) => {
    const bar = counts(stretch, place) && h("i", {
      class: `tc-x-fill tc-x-moves tc-x-${stretch.phase ?? "waiting"}${stretch.assumed ? " tc-x-assumed" : ""}`,
      style: `left:${(100 * at) / longest}%;width:${(100 * stretch.seconds) / longest}%`,
    });
    at += stretch.seconds;
    return bar;
  });
  return [h("span", {}, word), h("span", { class: "tcw-lane", "aria-hidden": "true" }, bars), h("b", {}, clock(seconds))];
}

/** The scale below two lanes. */
function axis(longest) {
  const step = [600, 1200, 1800, 3600, 6 * 3600, 12 * 3600, 24 * 3600].find((one) => longest / one <= 6) ?? longest;
  const ticks = Array.from({ length: Math.floor(longest / step) + 1 }, (_, place) => place * step);
  const words = (seconds) => (step < 3600 ? `${seconds / 60}\u00a0min` : `${seconds / 3600}\u00a0h`);
  return [h("span"), h("span", { class: "tcw-axis", "aria-hidden": "true" },
    ticks.map((at) => h("small", { style: `left:${(100 * at) / longest}%` }, words(at)))), h("span")];
}

/** How the bill compares with what it was for. */
function compared({ against, never }, { run }, seconds) {
  if (!run) return seconds ? `, ${never}. ` : ". ";
  const more = seconds - run;
  return `: ${more ? `${lasting(Math.abs(more))} ${more > 0 ? "more" : "less"}` : "no longer"} ${against}. `;
}

/** What the bill says about one machine, against what was painted. */
function answerOf(data, one, found, longest) {
  const mine = painted(one, found);
  const off = (mine * one.track.hourly) / 3600 - found.dollars;
  const missed = found.stretches.filter((stretch, place) => stretch.billed !== one.tiles[place].input.checked);
  const wrong = missed.filter(({ bills }) => !bills);
  const all = found.dollars + found.beside.reduce((sum, { dollars: cost }) => sum + cost, 0);
  const also = found.beside.map(({ name, seconds, dollars: cost }) => `${name} for ${clock(seconds)}, ${dollars(cost)}`);
  const by = Math.abs(off) < 5e-5 ? "" : `, which is ${dollars(Math.abs(off))} too ${off > 0 ? "much" : "little"}`;
  return [
    h("div", { class: "tcw-lanes" },
      lane("You", found.stretches, longest, (_, place) => one.tiles[place].input.checked, mine),
      lane("The bill", found.stretches, longest, (stretch) => stretch.billed, found.seconds),
      axis(longest)),
    h("p", {}, h("b", {}, `${clock(found.seconds)} on the bill`), compared(data, one.track, found.seconds),
      missed.length ? `You painted ${clock(mine)}${by}. ` : "You painted exactly that. ",
      missed.length > 0 && !wrong.length && "All that is known you knew: the rest is assumed. ",
      h("b", {}, dollars(found.dollars)), " for the machine",
      also.length ? `; beside it ${also.join("; ")}; together ${dollars(all)}.` : "."),
    missed.length > 0 && h("ul", { class: "tcw-why" }, missed.map((stretch) => h("li", {},
      h("b", {}, `${stretch.name}: ${side(stretch)}. `), because(stretch)))),
  ];
}

/** Whether a stretch is billed; where nobody says, that it is assumed. */
const side = ({ billed, bills }) => `${bills ? "assumed " : ""}${billed ? "billed" : "not billed"}`;

const because = ({ because: words, source }) => [words, source && [" ", h("small", {}, `(${source})`)]];

/** What a tile says: before the commitment its length, then also whether it is billed and whether the reader knew. */
function mark(one, found, open) {
  found.stretches.forEach((stretch, place) => {
    const { input, time, verdict, label } = one.tiles[place];
    put(time, lasting(stretch.seconds));
    const right = stretch.billed === input.checked;
    put(verdict, open ? "" : `${stretch.bills ? "?" : right ? "✓" : "✗"} ${side(stretch)}`);
    label.classList.toggle("tcw-wrong", !open && !right && !stretch.bills);
    input.disabled = !open;
  });
}

const named = (track) => `${CLOUDS[track.cloud]}, ${track.what}`;

function inWords(data, bills) {
  const rows = data.tracks.flatMap((track, place) => bills[place].stretches.map((stretch) => [
    `${named(track)}: ${stretch.name}`, clock(stretch.seconds), side(stretch), because(stretch)]));
  const sums = data.tracks.map((track, place) => [
    named(track), clock(bills[place].seconds), "", `${dollars(bills[place].dollars)} for the machine`]);
  return table("Every stretch of the machines’ time", ["stretch", "how long", "billed", "because"], rows, sums);
}

/** The sums under assumptions that were moved, next to where they are moved. */
function moved(data, bills) {
  return data.tracks.map((track, place) => {
    const before = bill(data, track).seconds;
    const difference = bills[place].seconds - before;
    const word = difference ? `${lasting(Math.abs(difference))} ${difference > 0 ? "more" : "less"}` : "as before";
    return h("li", {}, h("span", {}, named(track)), h("b", {}, clock(bills[place].seconds)), ` (${word})`);
  });
}

function controls(data, values, live, update) {
  const made = data.assumptions.map(({ name, label, value, most, why, date }) => {
    const change = (now) => { values[name] = now; update(); };
    const reason = `${why} (${date}).`;
    if (most === null) return tick({ label, checked: value, change, why: reason, assumed: true });
    return slider({ label, min: 0, max: most, value, shown: lasting, change, why: reason, assumed: true });
  });
  return assumptions("Nobody publishes these. Move them: does your answer change?", live, made);
}

function render({ model, el }) {
  const data = model.get("data");
  const values = {};
  const rows = data.tracks.map((track) => row(track, () => update()));
  const count = h("p", { class: "tcw-count", "aria-live": "polite" });
  const live = h("ul", { class: "tcw-live", "aria-live": "polite", "aria-label": "On the bill now" });
  const words = h("div");
  const after = h("div", { hidden: true }, controls(data, values, live, () => update()), fold("The same as a table", words));
  const marks = commitment({
    missing: () => (rows.some(({ tiles }) => tiles.some(({ input }) => input.checked)) ? null : "Paint at least one stretch first."),
    commit() { update(false); return "The bill has answered, above."; },
    again() { update(true); return ""; },
  });

  function update(open = marks.open()) {
    const bills = data.tracks.map((track) => bill(data, track, values));
    const longest = Math.max(...bills.map(({ stretches }) => total(stretches)));
    rows.forEach((one, place) => {
      mark(one, bills[place], open);
      put(one.answer, open ? [] : answerOf(data, one, bills[place], longest));
    });
    put(count, open ? `Painted: ${rows.map((one, place) => `${clock(painted(one, bills[place]))} on ${CLOUDS[one.track.cloud]}`).join(", ")}. (The tiles are not to scale.)` : "");
    after.hidden = open;
    put(live, open ? [] : moved(data, bills));
    put(words, open ? [] : inWords(data, bills));
  }

  frame(el, data.question, data.lead, rows.map(({ box }) => box), legend(["provisioning", "working", "idle"], true), count, marks.bar, after);
  update(true);
}

export default { render };
