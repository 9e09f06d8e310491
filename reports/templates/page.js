"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = read("figures");
  const explorers = read("explorers");
  const config = { displayModeBar: false, responsive: true };
  const blue = "#0072b2", ink = "#1c2733", red = "#d55e00", orange = "#e69f00", grid = "#e6eaef";
  const { palette, dates: DATES } = read("theme");
  // Four digits without zeros at the end: ticks half a per cent apart are two texts.
  const percent = ".4~p";
  const base = (height, extra) => Object.assign({
    height, margin: { l: 60, r: 16, t: 28, b: 44 }, paper_bgcolor: "#fff", plot_bgcolor: "#fff",
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" },
  }, extra);
  const axis = (extra) => Object.assign({ gridcolor: grid, zerolinecolor: grid, automargin: true, ticks: "outside", ticklen: 5, tickcolor: "rgba(0,0,0,0)" }, extra, extra?.title && { title: { ...extra.title, standoff: 10 } });
  const dates = () => axis(DATES);

  const draw = (node) => {
    if (node.dataset.drawn) return;
    node.dataset.drawn = "yes";
    const figure = figures[node.dataset.figure];
    Plotly.newPlot(node, figure.data, figure.layout, config);
  };
  const charts = [...document.querySelectorAll("[data-figure]")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { watcher.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  charts.forEach((node) => watcher.observe(node));
  // What was drawn before its fold was shut has the width of that time.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open) target.querySelectorAll(".js-plotly-plot").forEach((node) => Plotly.Plots.resize(node));
  }, true);
  let shut = [];
  window.addEventListener("beforeprint", () => {
    shut = [...document.querySelectorAll("details:not([open])")];
    shut.forEach((fold) => { fold.open = true; });
    charts.forEach(draw);
  });
  window.addEventListener("afterprint", () => shut.forEach((fold) => { fold.open = false; }));

  const band = (x, low, high, name, fill) => [
    { x, y: low, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false },
    { x, y: high, mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: fill, name, hoverinfo: "skip" },
  ];
  const marks = (past, flag, name, colour, symbol) => ({
    x: past.ds.filter((_, i) => past[flag][i]), y: past.quantity.filter((_, i) => past[flag][i]),
    mode: "markers", name, marker: { color: colour, symbol, size: 8 },
  });
  const drawSeries = (panes, one) => {
    const { past, ahead } = one;
    const traces = [
      ...band(ahead.ds, ahead.q05, ahead.q95, "5-95%", "rgba(0,114,178,.10)"),
      ...band(ahead.ds, ahead.q10, ahead.q90, "10-90%", "rgba(0,114,178,.16)"),
      ...band(ahead.ds, ahead.q25, ahead.q75, "25-75%", "rgba(0,114,178,.28)"),
      { x: past.ds, y: past.quantity, name: "actual", mode: "lines", line: { color: ink, width: 1.4 } },
      marks(past, "censored", "stock ran out", orange, "triangle-up"),
      marks(past, "repaired", "repaired", red, "circle-open"),
      { x: ahead.ds, y: ahead.mean, name: "mean", mode: "lines", line: { color: blue } },
      { x: ahead.ds, y: ahead.q50, name: "median", mode: "lines", line: { color: blue, dash: "dot", width: 1 } },
    ].filter((trace) => trace.mode !== "markers" || trace.x.length);
    Plotly.react(panes.children[0], traces, base(380, { xaxis: dates(), yaxis: axis({ title: { text: "units per period" }, rangemode: "tozero" }) }), config);
    return one.text;
  };
  const drawCurve = (panes, one) => {
    const at = (kind) => one.point.map((point, n) => n).filter((n) => kind.includes(one.point[n]));
    const pick = (list, numbers) => numbers.map((n) => list[n]);
    const points = (numbers) => ({
      x: pick(one.cost, numbers), y: pick(one.service, numbers), customdata: pick(one.order_up_to, numbers),
      error_x: { type: "data", array: pick(one.cost_error, numbers), thickness: 1 },
      error_y: { type: "data", array: pick(one.service_error, numbers), thickness: 1 },
      hovertemplate: "order up to %{customdata:,.0f}: %{y:.1%} served at %{x:,.3s}<extra></extra>",
    });
    const mark = (kind, name, colour, symbol) => ({ ...points(at([kind])), name, mode: "markers", error_x: undefined, error_y: undefined, marker: { color: colour, symbol, size: 13 } });
    const traces = [
      { ...points(at(["candidate", "chosen"])), name: "levels", mode: "lines+markers", line: { color: blue, width: 1.4 }, marker: { size: 5 } },
      mark("chosen", "chosen", ink, "star"),
      mark("today", "tonight's position kept", orange, "diamond"),
      mark("no order", "nothing ordered", red, "x"),
    ].filter((trace) => trace.x.length);
    const target = { type: "line", xref: "paper", x0: 0, x1: 1, y0: one.target, y1: one.target, line: { color: ink, dash: "dot", width: 1 } };
    const levels = ["levels", "chosen"];
    const near = traces.filter((trace) => levels.includes(trace.name));
    const layout = () => base(380, { shapes: one.target === null ? [] : [target], xaxis: axis({ title: { text: `cost over the horizon, ${one.currency}` } }), yaxis: axis({ title: { text: one.target === null ? one.measure : `${one.measure} (dotted: target)` }, tickformat: percent }) });
    Plotly.react(panes.children[0], near, layout(), config);
    Plotly.react(panes.children[1], traces, layout(), config);
    return one.text;
  };
  const drawBook = (panes, one) => {
    const lines = Object.entries(one.losses).map(([method, law]) => ({
      x: law.loss, y: law.probability, name: method.replaceAll("_", " "), mode: "lines",
      line: { color: palette[method], width: 2 },
      hovertemplate: "%{y:.1%} of scenarios lose at most %{x:,.3s}<extra></extra>",
    }));
    const { names, values } = one.parts;
    const bars = [{ x: values, y: names, type: "bar", orientation: "h", showlegend: false,
      marker: { color: values.map((value) => (value > 0 ? red : blue)) }, hovertemplate: "%{y}: %{x:,.3s}<extra></extra>" }];
    Plotly.react(panes.children[0], lines, base(380, { xaxis: axis({ title: { text: `loss, ${one.currency}` } }), yaxis: axis({ title: { text: "share of scenarios" }, tickformat: percent }) }), config);
    Plotly.react(panes.children[1], bars, base(380, { xaxis: axis({ title: { text: `component, ${one.currency}` } }), yaxis: axis(one.parts.axis) }), config);
    return "";
  };
  const drawBacktest = (panes, one) => {
    const methods = one.methods;
    const judged = one.lines[methods[0]];
    const calm = one.loss.map((loss, day) => (loss > judged[day] ? null : loss));
    const beyond = one.loss.map((loss, day) => (loss > judged[day] ? loss : null));
    const points = { x: one.ds, mode: "markers", type: "scatter" };
    const around = (method, side) => one.lines[method].map((value, day) => value + side * one.errors[method][day]);
    const unsure = methods.filter((method) => one.errors[method]).flatMap((method) =>
      band(one.ds, around(method, -1), around(method, 1), "", `${palette[method]}40`)
        .map((trace) => ({ ...trace, showlegend: false, line: { width: 0, shape: "hv" } })));
    const traces = [
      ...unsure,
      { ...points, y: calm, name: "loss", marker: { color: "#b4bec9", size: 4 } },
      { ...points, y: beyond, name: `beyond ${methods[0].replaceAll("_", " ")}`, marker: { color: red, size: 7 } },
      ...methods.map((method) => ({ x: one.ds, y: one.lines[method], name: method.replaceAll("_", " "), mode: "lines", line: { color: palette[method], width: 1.6, shape: "hv" } })),
    ];
    Plotly.react(panes.children[0], traces, base(380, { xaxis: dates(), yaxis: axis({ title: { text: `loss, ${one.currency}` } }) }), config);
    const counts = methods.map((method) => `${one.loss.filter((loss, day) => loss > one.lines[method][day]).length} by ${method.replaceAll("_", " ")}`);
    return `Exceptions on ${one.ds.length} days: ${counts.join(", ")}.`;
  };
  const drawings = { series: drawSeries, curves: drawCurve, books: drawBook, backtests: drawBacktest };
  for (const box of document.querySelectorAll("[data-explorer]")) {
    const data = explorers[box.dataset.explorer];
    const field = box.querySelector("input");
    const names = [...box.querySelectorAll("option")].map((option) => option.value);
    let current = names[0];
    const show = (name) => {
      if (!Object.hasOwn(data, name)) return;
      current = name;
      field.value = name;
      box.querySelector(".detail").textContent = drawings[box.dataset.explorer](box.querySelector(".panes"), data[name]);
    };
    // An empty field shows the whole list; leaving it empty keeps what was shown.
    field.addEventListener("focus", () => { field.value = ""; });
    field.addEventListener("blur", () => { if (!Object.hasOwn(data, field.value)) field.value = current; });
    field.addEventListener("input", () => show(field.value));
    for (const button of box.querySelectorAll("[data-move]")) {
      button.addEventListener("click", () => {
        const next = names.indexOf(current) + Number(button.dataset.move);
        show(names[(next + names.length) % names.length]);
      });
    }
    const first = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) { first.disconnect(); show(current); }
    }, { rootMargin: "600px" });
    first.observe(box);
    window.addEventListener("beforeprint", () => show(current));
  }

  for (const table of document.querySelectorAll(".listing table")) {
    const heads = [...table.querySelectorAll("th")];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.value;
      const numeric = head.classList.contains("number");
      // A cell without a number is below every number, and zero is one.
      const size = (row) => (key(row) === "" ? -Number.MAX_VALUE : parseFloat(key(row)));
      const compare = (a, b) => (numeric ? size(a) - size(b) : key(a).localeCompare(key(b)));
      const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
      table.tBodies[0].append(...rows);
    }));
  }

  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const here = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      links.forEach((link) => link.classList.remove("here"));
      links.get(entry.target.id)?.classList.add("here");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section").forEach((section) => here.observe(section));
  // Whatever leads into a fold opens it: a link, the address, and going back.
  const reveal = () => {
    const place = document.getElementById(location.hash.slice(1));
    if (!place) return;
    const fold = place.matches("section") ? place.querySelector(":scope > details") : place;
    for (let outer = fold?.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
    (place.closest("details, figure") ?? place).scrollIntoView({ behavior: "instant" });
  };
  window.addEventListener("hashchange", reveal);
  // A link to the address that the page has already does not change it.
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a")?.hash === location.hash) reveal();
  });
  reveal();
})();
