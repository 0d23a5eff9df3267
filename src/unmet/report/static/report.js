"use strict";
// Filtering, sorting and opening only: every number and word stands in the page already.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const cards = all(".card");
  const form = one("#filters");
  document.documentElement.classList.add("js");

  const setOpen = (card, open) => {
    const toggle = one(".toggle", card);
    card.classList.toggle("closed", !open);
    toggle.setAttribute("aria-expanded", String(open));
    toggle.textContent = open ? toggle.dataset.close : toggle.dataset.open;
  };

  // Drill-down: show how a number came about and mark the quotes behind it.
  const closeWhy = (card) => {
    one(".why", card).hidden = true;
    card.classList.remove("asked");
    all("[aria-expanded=true][data-why]", card).forEach((n) => n.setAttribute("aria-expanded", "false"));
    all(".quote.backs", card).forEach((quote) => quote.classList.remove("backs"));
  };

  const backingWords = (note, n) => {
    if (n === 0) return note.dataset.none;
    return n === 1 ? note.dataset.one : note.dataset.some.replace("{n}", String(n));
  };

  const openWhy = (card, number) => {
    closeWhy(card);
    setOpen(card, true);
    const why = one(".why", card);
    const known = number.dataset.quotes !== undefined;
    const indices = (number.dataset.quotes || "").split(" ").filter(Boolean);
    all("[data-for]", why).forEach((part) => { part.hidden = part.dataset.for !== number.dataset.why; });
    const note = one(".backing", why);
    note.hidden = !known;
    note.textContent = known ? backingWords(note, indices.length) : "";
    one(".interval-note", why).hidden = !number.classList.contains("metric");
    card.classList.toggle("asked", known);
    indices.forEach((i) => one(`.quote[data-quote="${i}"]`, card).classList.add("backs"));
    number.setAttribute("aria-expanded", "true");
    why.hidden = false;
  };

  cards.forEach((card) => {
    one(".toggle", card).addEventListener("click", () => setOpen(card, card.classList.contains("closed")));
    one(".why .close", card).addEventListener("click", () => {
      const number = one("[aria-expanded=true][data-why]", card);
      closeWhy(card);
      if (number) number.focus();
    });
    all("[data-why]", card).forEach((number) => number.addEventListener("click", () => {
      if (number.getAttribute("aria-expanded") === "true") closeWhy(card);
      else openWhy(card, number);
    }));
    card.addEventListener("keydown", (event) => { if (event.key === "Escape") closeWhy(card); });
  });

  // Filters and order.
  const texts = new Map(cards.map((card) => [card, all("[data-find]", card).map((e) => e.textContent).join("\n").toLowerCase()]));
  const holds = (list, value) => !value || list.split(" ").includes(value);
  const points = all(".point");

  const apply = () => {
    const asked = Object.fromEntries(new FormData(form));
    const text = (asked.text || "").trim().toLowerCase();
    let shown = 0;
    const hidden = new Set();
    cards.forEach((card) => {
      const fits = texts.get(card).includes(text) && holds(card.dataset.languages, asked.language)
        && holds(card.dataset.polarity, asked.polarity) && holds(card.dataset.categories, asked.category);
      card.hidden = !fits;
      if (fits) shown += 1; else hidden.add(card.id);
    });
    points.forEach((point) => point.classList.toggle("off", hidden.has(point.dataset.need)));
    const output = one("#shown");
    output.textContent = output.dataset.pattern.replace("{shown}", String(shown)).replace("{total}", String(cards.length));
    one("#nothing").hidden = shown > 0;
  };

  const sort = () => {
    const key = `data-sort-${new FormData(form).get("sort") || "rank"}`;
    const value = (card) => (card.hasAttribute(key) ? Number(card.getAttribute(key)) : -Infinity);
    const rank = (card) => Number(card.getAttribute("data-sort-rank"));
    const place = one("#cards");
    [...cards].sort((a, b) => (value(b) === value(a) ? 0 : value(b) - value(a)) || rank(b) - rank(a))
      .forEach((card) => place.append(card));
  };

  if (form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", apply);
    form.addEventListener("change", () => { apply(); sort(); });
    form.addEventListener("reset", () => setTimeout(() => { apply(); sort(); }));
    one("#open-all").addEventListener("click", () => cards.forEach((card) => setOpen(card, true)));
    one("#close-all").addEventListener("click", () => cards.forEach((card) => { closeWhy(card); setOpen(card, false); }));
  }

  // The map points at its card and back.
  const hint = one(".map-hint");
  const light = (id, title) => {
    points.forEach((point) => point.classList.toggle("lit", point.dataset.need === id));
    cards.forEach((card) => card.classList.toggle("lit", card.id === id));
    if (hint) hint.textContent = title || hint.dataset.default;
  };
  points.forEach((point) => {
    const show = () => light(point.dataset.need, point.getAttribute("aria-label"));
    point.addEventListener("mouseenter", show);
    point.addEventListener("focus", show);
    point.addEventListener("mouseleave", () => light(null));
    point.addEventListener("blur", () => light(null));
  });
  const reveal = () => {
    const card = cards.find((c) => `#${c.id}` === decodeURIComponent(location.hash));
    if (!card) return;
    if (card.hidden) form.reset();
    card.hidden = false;
    setOpen(card, true);
    card.scrollIntoView({ block: "start" });
    card.focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", reveal);
  reveal();
})();
