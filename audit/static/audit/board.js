/* Pictures of the tables on the page, and today's list anew every fifteen seconds. Without this file the page tells the
   same. */
"use strict";

const QUIET = "#4a5767";
const COLOURS = ["#0b4fa3", "#c4521b", "#5b7a12"];

/* The table's own cells: names, and one series a column. */
function read(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows].filter((row) => row.cells.length > heads.length);
  const named = (row) => (row.cells[0].querySelector("a") ?? row.cells[0]).textContent.trim();
  return {
    title: table.caption.textContent.trim(),
    names: rows.map(named),
    addresses: rows.map((row) => row.cells[0].querySelector("a")?.href),
    series: heads.map((head, place) => ({
      name: head.textContent.trim(),
      share: head.hasAttribute("data-share"),
      values: rows.map((row) => Number(row.cells[place + 1].dataset.number)),
    })),
  };
}

function option(told, kind) {
  const shown = kind === "line" ? told.series.filter((one, place) => place === 0 || one.share) : told.series.slice(0, 1);
  const ranked = kind === "rank";
  const turned = (values) => (ranked ? [...values].reverse() : values);
  const names = { type: "category", data: turned(told.names), axisLabel: { color: QUIET, width: 130, overflow: "truncate" } };
  const numbers = { type: "value", minInterval: 1, axisLabel: { color: QUIET } };
  const shares = { type: "value", max: 100, axisLabel: { color: QUIET, formatter: "{value}%" }, splitLine: { show: false } };
  const values = ranked ? numbers : [numbers, shares].slice(0, kind === "line" ? 2 : 1);
  return {
    animation: false,
    aria: { enabled: false },
    color: COLOURS,
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: kind === "line" ? { top: 0, textStyle: { color: QUIET } } : undefined,
    grid: { left: 8, right: 16, top: kind === "line" ? 36 : 12, bottom: 8, containLabel: true },
    xAxis: ranked ? values : names,
    yAxis: ranked ? names : values,
    series: shown.map((one) => ({
      name: one.name,
      type: one.share || kind === "line" ? "line" : "bar",
      yAxisIndex: one.share && kind === "line" ? 1 : 0,
      data: turned(one.values),
    })),
  };
}

function draw(figure) {
  const table = document.getElementById(figure.dataset.table);
  const told = table && read(table);
  if (!told || told.names.length < 2) return;
  figure.hidden = false;
  const details = table.closest("details.drawn");
  if (details) details.open = false;
  const chart = window.echarts.init(figure, null, { renderer: "canvas" });
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", told.title);
  chart.setOption(option(told, figure.dataset.kind));
  chart.on("click", (point) => {
    const address = told.addresses[told.names.indexOf(point.name)];
    if (address) window.location.assign(address);
  });
  window.addEventListener("resize", () => chart.resize());
}

if (window.echarts) document.querySelectorAll("figure.chart").forEach(draw);

/* Today, again and again: nothing is sent while nothing has changed. */
const EVERY = 15000;
const today = document.querySelector("section[data-now]");

async function again() {
  if (document.hidden) return;
  const answer = await fetch(`${today.dataset.now}&seen=${today.dataset.seen}`, { redirect: "error" });
  if (answer.status !== 200) return;
  const told = await answer.json();
  today.dataset.seen = told.seen;
  // Our own server's words, escaped there as on the page itself.
  document.getElementById("arrivals").innerHTML = told.arrivals;
  const warned = document.getElementById("warned");
  if (warned) warned.innerHTML = told.warned;
  const word = document.getElementById("told");
  word.textContent = `${word.dataset.word} ${new Date().toLocaleTimeString()}`;
}

if (today) window.setInterval(() => again().catch(() => {}), EVERY);
