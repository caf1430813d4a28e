import { CLOUDS, choice, commitment, fold, frame, h, put, slider, table, tick } from "../kit.js";

const both = Object.keys(CLOUDS);
const IMAGES = [["separate", "two, each with its own keeper"], ["shared", "one for both"]];
const PINS = [
  ["nothing", "nothing: the environment’s @latest, the image’s tag, a list without versions"],
  ["list", "the package, in the list: sensorscale==1.0.0"],
  ["image", "the image: the environment’s version, the image’s digest"],
];
const NOTICED = [["nobody", "nobody"], ["monitor", "who watches the accuracy"], ["all", "everybody: it does not start"]];

/** The days on which one thing is served: from, to, the package that trained, the one that serves (null: none starts). */
export function stretches(events, days) {
  const servers = events.filter(({ made }) => made === "server");
  return servers.map((event, place) => ({ ...event, from: event.day, to: (servers[place + 1]?.day ?? days + 1) - 1, served: event.version ?? null }));
}

/** The first stretch in which what trained and what serves differ; null if there is none. */
export const parting = (events, days) => stretches(events, days).find(({ trained, served }) => trained !== served) ?? null;

const on = (day) => (day === null ? "never" : `day ${day}`);

function render({ model, el }) {
  const { question, days, what, table: rows, lives } = model.get("data");
  const now = { images: "separate", pin: "nothing" }, guess = {};
  let noticed = null, pledged = "";
  const key = (images = now.images, pin = now.pin) => `${images}-${pin}`;
  const first = (cloud, of = key()) => parting(lives[cloud][of], days);

  const calendar = h("ol", { class: "tcdd-what", "aria-label": "What happens" }, what.map(([day, cloud, words]) =>
    h("li", { class: cloud === "both" ? "" : `tc-x-${cloud}` }, h("b", {}, `Day ${day}`),
      h("span", {}, cloud !== "both" && h("span", { class: "tc-x-cloud" }, `${CLOUDS[cloud]}: `), words))));
  const dial = h("div", { class: "tcdd-dial" },
    choice({ legend: "Images to train and to serve in", choices: IMAGES, value: now.images, change: (value) => { now.images = value; update(); } }),
    choice({ legend: "What you pin", choices: PINS, value: now.pin, change: (value) => { now.pin = value; update(); } }));
  const guesses = h("div", { class: "tcdd-guesses" }, both.map((cloud) => guessing(cloud, days, guess)),
    choice({ legend: "Who notices first?", choices: NOTICED, value: null, change: (value) => { noticed = value; } }));

  const answer = h("div", { hidden: true });
  const said = h("div", { class: "tcdd-said", role: "status" });
  const strips = h("div", { "aria-hidden": "true" });
  const every = h("div", { class: "tcdd-every" });
  const words = h("div");
  const moral = h("p", { class: "tcdd-moral" });
  answer.append(said, strips, every, moral, fold("The same as a table", words));

  const marks = commitment({
    missing: () => (both.every((cloud) => cloud in guess) && noticed ? null : "Answer for both clouds, and say who notices."),
    commit() { pledged = key(); show(true); return "Four weeks have passed. Turn the dial above: pin something else, or share the image."; },
    again() { show(false); return ""; },
  });
  function show(open) {
    answer.hidden = !open;
    for (const input of guesses.querySelectorAll("input")) input.disabled = open || (input.type === "range" && guess[input.dataset.cloud] === null);
    update();
  }
  function update() {
    if (marks.open() && answer.hidden) return;
    put(said, both.map((cloud) => verdict(cloud, lives[cloud][key()], days, pledged === key() ? { day: guess[cloud], noticed } : null, rows)));
    put(strips, ruler(days), both.map((cloud) => strip(cloud, lives[cloud][key()], days)),
      h("p", { class: "tcdd-key" }, "Underlined: not the version that the model was trained with. ✗: nothing starts."));
    put(every, table("The day on which they part, for every choice", ["images", "nothing pinned", "the package pinned", "the image pinned"],
      IMAGES.map(([images]) => [images === "separate" ? "two images" : "one image for both",
        ...PINS.map(([pin]) => cell(first("azure", key(images, pin)), first("aws", key(images, pin)), images === now.images && pin === now.pin))])));
    put(moral, remark(first, key));
    put(words, table("Day by day", ["cloud", "days", "trained with", "served with", "what comes of it"], both.flatMap((cloud) =>
      stretches(lives[cloud][key()], days).map((one) => [CLOUDS[cloud], `${one.from} to ${one.to}`, one.trained, one.served ?? "nothing starts", outcome(one, rows)]))));
  }
  frame(el, question,
    "A model is trained with a small package, sensorscale, and served with it. What serves is made anew now and then. In the meantime other people do their work:",
    calendar, dial, guesses, marks.bar, answer);
}

function guessing(cloud, days, guess) {
  const note = (value) => { guess[cloud] = value; };
  const drag = slider({ label: "they part on day", min: 1, max: days, value: Math.round(days / 2), change: note });
  const range = drag.querySelector("input");
  range.dataset.cloud = cloud;
  range.addEventListener("change", () => note(Number(range.value)));
  const never = tick({ label: "never", checked: false, change: (checked) => { range.disabled = checked; note(checked ? null : Number(range.value)); } });
  return h("fieldset", { class: `tc-x-${cloud}` }, h("legend", { class: "tc-x-cloud" }, CLOUDS[cloud]), drag, never);
}

/** What came of the guess on one cloud. */
function verdict(cloud, events, days, guess, rows) {
  const found = parting(events, days), broken = events.find((event) => event.broken);
  const who = found === null ? "" : found.broken ? " Everybody notices." : ` Who notices? ${guess?.noticed === "nobody" ? "Nobody, as you said" : "Nobody"}: ${outcome(found, rows)}.`;
  const later = broken && broken !== found && !found?.broken ? ` On day ${broken.day} everybody does: it does not start (${broken.broken}).` : "";
  return h("p", { class: `tc-x-${cloud}` }, h("span", { class: "tc-x-cloud" }, CLOUDS[cloud]), ": ", h("b", {}, on(found?.day ?? null)), `.${guess ? ` You said ${on(guess.day)}.` : ""}${who}${later}`);
}

/** What one stretch does to the predictions, in words. */
function outcome(one, { machines, failing }) {
  if (one.broken) return `it does not start: ${one.broken}`;
  const [right, alike] = one.right, [found, before] = one.found;
  if (!one.others) return `${right} of ${machines} machines judged rightly, ${found} of ${failing} failures found`;
  const but = right === alike ? `, as with ${one.trained}` : ` instead of ${alike} with ${one.trained}`;
  return `no error; ${right} of ${machines} machines judged rightly${but}; ${found} of ${failing} failures found instead of ${before}; ${one.others} machines get another verdict`;
}

const percent = (part, days) => `${((100 * part) / days).toFixed(3)}%`;

function ruler(days) {
  const weeks = Array.from({ length: days / 7 }, (_, week) => h("span", { style: `width:${percent(7, days)}` }, `day ${week * 7 + 1}`));
  return h("div", { class: "tcdd-lane tcdd-ruler" }, weeks);
}

/** Two lanes: what the served model was trained with, and what serves it; where they differ, the lower one says so. */
function strip(cloud, events, days) {
  const all = stretches(events, days);
  const piece = (one, version, state) => h("span", { class: `tcdd-piece tcdd-v${(version ?? "none").replaceAll(".", "")} ${state}`, style: `width:${percent(one.to - one.from + 1, days)}` }, version ?? "✗");
  return h("div", { class: `tcdd-strip tc-x-${cloud}` }, h("p", { class: "tc-x-cloud" }, CLOUDS[cloud]),
    h("div", { class: "tcdd-row" }, h("span", {}, "trained"), h("div", { class: "tcdd-lane" }, all.map((one) => piece(one, one.trained, "")))),
    h("div", { class: "tcdd-row" }, h("span", {}, "served"), h("div", { class: "tcdd-lane" }, all.map((one) => piece(one, one.served, one.served === one.trained ? "" : "tcdd-apart")))));
}

const cell = (azure, aws, chosen) => h(chosen ? "b" : "span", {}, azure?.day === aws?.day ? on(azure?.day ?? null) : `Azure ML: ${on(azure?.day ?? null)}; SageMaker AI: ${on(aws?.day ?? null)}`);

function remark(first, key) {
  const day = (images, cloud) => first(cloud, key(images, "nothing")).day;
  return `“Separation prevents drift”? With two images they part on day ${day("separate", "azure")} on both clouds: the model is trained anew in one image, and the other has not moved. With one image for both, on day ${day("shared", "azure")} on Azure and on day ${day("shared", "aws")} on SageMaker: the name has moved, and the model is still the old one. Separating changed the day. Pinning the package let the images be mended, and the package stay. Pinning the image kept everything, mending included.`;
}

export default { render };
