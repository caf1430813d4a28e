// Draws the explorables of a page where no kernel runs. Each is an element with its data, written by
// src/twoclouds/explorables; its script is an anywidget module, and what follows stands in for the widget's model.

const here = new URL(".", import.meta.url);

/** A model that holds what was stored, and nobody at the other end. */
const still = (state) => ({
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  save_changes() {}, send() {}, on() {}, off() {},
});

async function draw(place) {
  const data = JSON.parse(place.querySelector("script").textContent);
  const { default: figure } = await import(new URL(`${place.dataset.explorable}/figure.js`, here));
  const el = document.createElement("div");
  await figure.render({ model: still({ data }), el });
  place.replaceWith(el);
}

for (const place of document.querySelectorAll("[data-explorable]")) draw(place);
