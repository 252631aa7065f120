"use strict";

// Rows are small and read at once. A photo's pictures lie in a block of their own further down the page, which is
// read only when the photo's card comes near the window. Names are only ever set as text, never as markup.

const byId = (id) => document.getElementById(id);
const rows = JSON.parse(byId("rows").textContent);
const prefix = document.body.dataset.prefix;
const natural = new Intl.Collator(undefined, { numeric: true });
const state = { status: "", name: "", sort: "photo", descending: false, view: "pictures", masks: false };

for (const row of rows) {
  row.name = row.photo.startsWith(prefix) ? row.photo.slice(prefix.length) : row.photo;
}

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function percent(share) {
  if (share === null) return "";
  if (share === 0) return "0 %";
  return share < 0.0001 ? "< 0.01 %" : `${(share * 100).toFixed(2)} %`;
}

// --- One photo: before and after, the mask, what is known about it ---

function readPictures(number) {
  const block = byId(`pictures-${number}`);
  const whole = block !== null && (block.nextSibling !== null || document.readyState !== "loading");
  return whole ? JSON.parse(block.textContent) : null; // null while the browser is still reading it
}

function makeLook(look, kind, name, slides) {
  const [width, height] = look.pixels;
  const figure = make("figure", { class: `look ${kind}` });
  figure.style.setProperty("--ratio", width / height);
  figure.style.setProperty("--wide", `${Math.max(width, 96)}px`);
  const what = kind === "spot" ? "the detail" : "the photo";
  if (slides) figure.append(make("img", { class: "after", src: look.after, alt: `${what} after`, draggable: "false" }));
  figure.append(make("img", { class: "before", src: look.before, alt: `${what} before`, draggable: "false" }));
  if (look.mask) figure.append(make("img", { class: "mask", src: look.mask, alt: "", draggable: "false" }));
  if (!slides) return figure;
  figure.classList.add("can-slide");
  figure.append(
    make("span", { class: "line" }),
    make("figcaption", { "aria-hidden": "true" }, make("span", {}, "before"), make("span", {}, "after")),
    make("input", {
      type: "range", min: 0, max: 100, step: 1, value: 50,
      "aria-label": `Before and after: ${name}${kind === "spot" ? ", detail" : ""}`,
      tabindex: kind === "spot" ? "-1" : null,
    }),
  );
  return figure;
}

function makeFrame([left, top, width, height]) {
  const frame = make("span", { class: "frame" });
  for (const [side, share] of Object.entries({ left, top, width, height })) frame.style[side] = `${share * 100}%`;
  return frame;
}

function makeLooks(pictures, name) {
  const looks = make("div", { class: `looks ${pictures.spot ? "with-spot" : ""}`.trim() });
  const slides = pictures.whole.after !== null;
  const whole = makeLook(pictures.whole, "whole", name, slides);
  looks.append(whole);
  if (pictures.spot) {
    whole.append(makeFrame(pictures.spot.box));
    const spot = makeLook(pictures.spot, "spot", name, slides);
    spot.append(make("span", { class: "scale" }, "100 %"));
    looks.append(spot);
  }
  slideTo(looks, 50);
  looks.addEventListener("input", (event) => slideTo(looks, event.target.value));
  return looks;
}

function slideTo(looks, value) {
  looks.style.setProperty("--cut", `${value}%`);
  for (const slider of looks.querySelectorAll("input")) {
    slider.value = value;
    slider.setAttribute("aria-valuetext", `${value} % before, ${100 - value} % after`);
  }
}

function showMask(card, shown) {
  card.classList.toggle("with-mask", shown);
  card.querySelector("button.mask-button")?.setAttribute("aria-pressed", shown);
}

function factsOf(row, pictures) {
  const facts = [];
  if (row.coverage !== null) facts.push(`${percent(row.coverage)} damaged`);
  if (row.maskSource) facts.push(`mask: ${row.maskSource}`);
  if (row.seconds) facts.push(`${row.seconds.toFixed(2)} s`);
  if (row.changed !== null) facts.push(row.changed === 0 ? "verified" : `${row.changed} changed outside the mask`);
  if (pictures && pictures.pages > 1) facts.push(`page ${pictures.page} of ${pictures.pages}`);
  return facts.map((fact) => make("span", {}, fact));
}

function makeReason(row) {
  return make("p", { class: `reason ${row.status}` }, row.reason || "No pictures of this photo here.");
}

function makeStatus(row) {
  return make("span", { class: `status ${row.status}` }, make("span", { class: "dot" }), row.status);
}

function fillCard(card, row, headingId = null) {
  const pictures = row.pictured ? readPictures(row.number) : null;
  if (row.pictured && pictures === null) return false;
  const does = make("span", { class: "does" });
  if (pictures && pictures.whole.mask) {
    const label = pictures.compared ? "Changes" : "Mask";
    const button = make("button", { type: "button", class: "mask-button", "aria-pressed": "false" }, label);
    button.addEventListener("click", () => showMask(card, !card.classList.contains("with-mask")));
    does.append(button);
  }
  does.append(make("a", { href: row.photoLink }, "original"));
  if (row.outputLink) does.append(make("a", { href: row.outputLink }, row.status === "found" ? "mask file" : "result"));
  card.replaceChildren(
    pictures ? makeLooks(pictures, row.name) : make("div", { class: "looks" }, makeReason(row)),
    make("div", { class: "about" },
      make("h2", { title: row.photo, id: headingId }, make("bdi", {}, row.name)),
      makeStatus(row),
      pictures && row.reason ? makeReason(row) : null,
      make("p", { class: "facts" }, ...factsOf(row, pictures), does)),
  );
  showMask(card, state.masks);
  return true;
}

// --- The same photo as a row of the table ---

function fillRow(line, row) {
  const cell = (text, label, kind = "") =>
    make("td", { class: kind, "data-label": label }, text);
  const open = make("button", { type: "button", title: row.photo }, make("bdi", {}, row.name));
  open.addEventListener("click", () => openOne(row));
  line.replaceChildren(
    make("td", { class: "wide" }, open),
    make("td", {}, makeStatus(row)),
    make("td", { class: `wide reason ${row.status}` }, row.reason),
    cell(percent(row.coverage), "damaged", "number"),
    cell(row.maskSource ?? "", "mask"),
    cell(row.model ?? "", "model"),
    cell(row.seconds ? row.seconds.toFixed(2) : "", "seconds", "number"),
  );
  return true;
}

function openOne(row) {
  const card = byId("one").querySelector(".card");
  if (fillCard(card, row, "one-name")) byId("one").showModal();
}

// --- Filling what comes into view ---

const fillers = { LI: fillCard, TR: fillRow };
const waiting = new Set();

function fill(place) {
  if (!fillers[place.tagName](place, rows[place.dataset.row])) return waiting.add(place); // its block is still on its way
  waiting.delete(place);
  watcher.unobserve(place);
}

const watcher = new IntersectionObserver(
  (changes) => changes.filter((change) => change.isIntersecting).forEach((change) => fill(change.target)),
  { rootMargin: "600px 0px" },
);
document.addEventListener("DOMContentLoaded", () => [...waiting].forEach(fill));
// Nothing comes into view on paper.
window.addEventListener("beforeprint", () => document.querySelectorAll("[data-row]").forEach((place) => {
  if (place.isConnected && !place.querySelector(".status")) fill(place);
}));

// Until it comes into view, a place holds only the name, so that the browser's own search finds it.
function makePlaces(tag, inside) {
  return rows.map((row, number) => {
    row.number = number;
    const place = make(tag, { class: tag === "li" ? "card" : null, "data-row": number }, inside(row));
    watcher.observe(place);
    return place;
  });
}

const places = { pictures: null, table: null };

function placesOf(view) {
  places[view] ??= view === "pictures"
    ? makePlaces("li", (row) => row.name)
    : makePlaces("tr", (row) => make("td", { colspan: 7 }, row.name));
  return places[view];
}

// --- Choosing and ordering ---

function chosen() {
  const wanted = state.name.toLocaleLowerCase();
  const numbers = [...rows.keys()].filter((number) => {
    const row = rows[number];
    return (!state.status || row.status === state.status) && row.name.toLocaleLowerCase().includes(wanted);
  });
  const sign = state.descending ? -1 : 1;
  return numbers.sort((a, b) => sign * compare(rows[a][state.sort], rows[b][state.sort])
    || natural.compare(rows[a].name, rows[b].name));
}

function compare(a, b) {
  if (typeof a === "number" || typeof b === "number") return (a ?? -1) - (b ?? -1);
  return natural.compare(a ?? "", b ?? "");
}

function render() {
  const numbers = chosen();
  const all = placesOf(state.view);
  const list = state.view === "pictures" ? byId("pictures") : byId("table").tBodies[0];
  list.replaceChildren(...numbers.map((number) => all[number]));
  byId("pictures").hidden = state.view !== "pictures" || !numbers.length;
  byId("table").hidden = state.view !== "table" || !numbers.length;
  byId("nothing").hidden = numbers.length > 0;
  byId("shown").textContent = numbers.length === rows.length
    ? "" : `${numbers.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  for (const button of document.querySelectorAll("[data-status]")) {
    button.setAttribute("aria-pressed", button.dataset.status === state.status);
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", button.dataset.view === state.view);
  }
  for (const button of document.querySelectorAll("[data-sort]")) {
    const order = state.descending ? "descending" : "ascending";
    button.parentElement.setAttribute("aria-sort", button.dataset.sort === state.sort ? order : "none");
  }
  byId("direction").setAttribute("aria-pressed", state.descending);
  byId("sort").value = state.sort;
}

function change(changes) {
  Object.assign(state, changes);
  render();
}

for (const button of document.querySelectorAll("[data-status]")) {
  button.addEventListener("click", () => change({ status: button.dataset.status }));
}
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => change({ view: button.dataset.view }));
}
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const again = button.dataset.sort === state.sort;
    change({ sort: button.dataset.sort, descending: again && !state.descending });
  });
}
byId("search").addEventListener("input", (event) => change({ name: event.target.value }));
byId("sort").addEventListener("change", (event) => change({ sort: event.target.value }));
byId("direction").addEventListener("click", () => change({ descending: !state.descending }));
byId("everything").addEventListener("click", () => {
  byId("search").value = "";
  change({ status: "", name: "" });
});
byId("masks").addEventListener("click", () => {
  state.masks = !state.masks;
  byId("masks").setAttribute("aria-pressed", state.masks);
  document.querySelectorAll(".card").forEach((card) => showMask(card, state.masks));
});
byId("one").addEventListener("click", (event) => {
  if (event.target === byId("one")) byId("one").close();
});

render();
