// Draws each figure's payload with Chart.js in place of the server's picture of the same payload. The words, the top
// of the axis and its ticks come from the page; colours and fonts from the style sheet. The library comes once somebody
// turns to a chart, by hand or from the keyboard: until then, and without it, the server's picture says the same.

const POINTS = ["circle", "rect", "triangle", "rectRot", "triangle", "cross"];
const DASHES = [[], [8, 3], [3, 3], [12, 3, 3, 3], [5, 2], [1.5, 3]];
const BASELINE_DASH = [9, 4];
const MARKER_DASH = [3, 3];
const GAP = 8;
const MARKER_ROWS = 2;

const charts = new Map();

function look(figure) {
  const probe = figure.appendChild(document.createElement("span"));
  const colour = (name) => {
    probe.style.color = `var(--chart-${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["counted", "missing", "emphasis", "baseline", "published", "marker", "text", "grid", "mean"];
  for (let line = 1; line <= 6; line += 1) names.push(`series-${line}`);
  const colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.style.color = "var(--surface)";
  colours.surface = getComputedStyle(probe).color;
  const font = {
    family: getComputedStyle(figure).fontFamily,
    size: parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125,
  };
  probe.remove();
  return { colours, font };
}

function hatch(colour) {
  const scale = window.devicePixelRatio || 1;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(6 * scale);
  const pen = tile.getContext("2d");
  const side = tile.width;
  pen.strokeStyle = colour;
  pen.lineWidth = 2 * scale;
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - side, 2 * side);
    pen.lineTo(shift + 2 * side, -side);
  }
  pen.stroke();
  const pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(6 / side));
  return pattern;
}

const written = (value) => new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 1 }).format(value);
const valuesAt = (payload, place) => payload.series.map((series) => series.values[place]).filter((value) => value !== null);
const parts = (payload, place) =>
  payload.series.filter((series) => series.values[place] !== null).map((series) => `${series.label}: ${written(series.values[place])}`);
const sentence = (payload, place) => `${payload.labels[place].join(", ")}. ${parts(payload, place).join("; ") || "–"}`;

// The same choice as the server's: emphasised places first, then from the last one back.
function labelled(payload, slot, widest) {
  const apart = Math.ceil((widest + GAP) / slot);
  const kept = [];
  const emphasised = [...payload.emphasis].sort((a, b) => a - b);
  for (const place of [...emphasised, ...[...payload.labels.keys()].reverse()]) {
    if (kept.every((other) => Math.abs(place - other) >= apart)) kept.push(place);
  }
  return new Set(kept);
}

function bars(payload, { colours }) {
  const stripes = hatch(colours.missing);
  const emphasised = new Set(payload.emphasis);
  const strong = (usual) => payload.labels.map((_, place) => (emphasised.has(place) ? colours.emphasis : usual));
  return payload.series.map((series) => {
    const missing = series.key === "missing";
    const fill = missing ? stripes : strong(colours[series.key] ?? colours.counted);
    const edge = strong(colours.counted);
    return {
      label: series.label,
      data: series.values,
      backgroundColor: fill,
      hoverBackgroundColor: fill,
      borderColor: edge,
      hoverBorderColor: edge,
      borderWidth: missing ? 1 : 0,
      hoverBorderWidth: missing ? 2 : 0,
      borderSkipped: false,
      categoryPercentage: 1,
      barPercentage: 0.72,
      maxBarThickness: 44,
    };
  });
}

function lines(payload, { colours }) {
  return payload.series.map((series, order) => {
    const colour = colours[series.key] ?? colours.counted;
    const isMean = series.key === "mean";
    return {
      label: series.label,
      data: series.values,
      borderColor: colour,
      backgroundColor: colour,
      pointBackgroundColor: colour,
      hoverBorderColor: colour,
      hoverBackgroundColor: colour,
      borderWidth: isMean ? 4 : 2.25,
      borderDash: isMean ? [] : DASHES[order % DASHES.length],
      pointStyle: POINTS[order % POINTS.length],
      pointRotation: order === 4 ? 180 : 0,
      pointRadius: 4,
      pointHoverRadius: 6,
      spanGaps: false,
      clip: 8,
    };
  });
}

function stroke(pen, colour, width, dash, [x1, y1], [x2, y2]) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

// Level lines with their number at the end, marker lines with their label above the plot, and a sign for zero.
function annotations(payload, { colours, font }) {
  const line = font.size * 1.25;

  function drawMarkers(pen, { left, top, bottom, width }, chart) {
    const slot = width / Math.max(1, payload.labels.length);
    const ends = new Array(Math.min(payload.markers.length, MARKER_ROWS)).fill(-GAP);
    pen.fillStyle = colours.marker;
    pen.font = `${font.size}px ${font.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const words = [];
    for (const marker of [...payload.markers].sort((a, b) => a.before - b.before)) {
      const x = left + marker.before * slot;
      const length = pen.measureText(marker.label).width;
      const start = Math.max(0, Math.min(x - 3, chart.width - length));
      const row = ends.findIndex((end) => start >= end + GAP);
      const y = row < 0 ? top - GAP / 2 : line * (row + 1);
      stroke(pen, colours.marker, 1.25, MARKER_DASH, [x, y], [x, bottom]);
      if (row < 0) continue;
      ends[row] = start + length;
      words.push([marker.label, start, y - line / 2]);
    }
    pen.setLineDash([]);
    pen.strokeStyle = colours.surface;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    for (const label of words) {
      pen.strokeText(...label);
      pen.fillText(...label);
    }
  }

  function drawLevels(pen, { left, right }, scale) {
    let free = 0;
    pen.font = `650 ${font.size}px ${font.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (const level of [...payload.levels].sort((a, b) => b.value - a.value)) {
      const y = scale.getPixelForValue(level.value);
      const place = Math.max(y, free);
      free = place + font.size;
      const colour = colours[level.key] ?? colours.text;
      stroke(pen, colour, 2, level.key === "baseline" ? BASELINE_DASH : [], [left, y], [right, y]);
      pen.fillStyle = colour;
      pen.fillText(written(level.value), right + 4, place);
    }
  }

  function drawZeros(pen, { bottom }, scale) {
    pen.font = `${font.size}px ${font.family}`;
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillStyle = colours.text;
    payload.labels.forEach((_, place) => {
      const values = valuesAt(payload, place);
      if (values.length && !values.some(Boolean)) pen.fillText(written(0), scale.getPixelForValue(place), bottom - 2);
    });
  }

  function drawActive(pen, { left, top, bottom, width }, [active]) {
    if (!active) return;
    const slot = width / payload.labels.length;
    pen.fillStyle = colours.grid;
    pen.fillRect(left + active.index * slot, top, slot, bottom - top);
  }

  const layered = (draw) => (chart) => {
    chart.ctx.save();
    draw(chart.ctx, chart);
    chart.ctx.restore();
  };
  return {
    id: "annotations",
    beforeDatasetsDraw: layered((pen, chart) => {
      drawActive(pen, chart.chartArea, chart.getActiveElements());
      drawMarkers(pen, chart.chartArea, chart);
    }),
    afterDatasetsDraw: layered((pen, chart) => {
      if (payload.kind === "bars") drawZeros(pen, chart.chartArea, chart.scales.x);
      drawLevels(pen, chart.chartArea, chart.scales.y);
    }),
  };
}

function room(payload, { font }) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `650 ${font.size}px ${font.family}`;
  const widest = (texts) => Math.max(0, ...texts.map((text) => pen.measureText(text).width));
  return {
    top: Math.min(payload.markers.length, MARKER_ROWS) * font.size * 1.25 + GAP,
    right: widest(payload.levels.map((level) => written(level.value))) + GAP,
    label: widest(payload.labels.flat()),
  };
}

function options(payload, style, figure) {
  const { colours, font } = style;
  const space = room(payload, style);
  const stacked = payload.kind === "bars";
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    normalized: true,
    events: ["mousemove", "mouseout", "click", "touchstart", "touchmove"],
    interaction: { mode: "index", intersect: false },
    layout: { autoPadding: false, padding: { top: space.top, right: space.right } },
    scales: {
      x: {
        stacked,
        offset: true,
        grid: { display: false },
        border: { color: colours.text },
        ticks: { autoSkip: false, maxRotation: 0, color: colours.text, font },
        afterBuildTicks(axis) {
          const slot = (axis.chart.width - space.right - 3 * font.size) / Math.max(1, payload.labels.length);
          const shown = labelled(payload, slot, space.label);
          axis.ticks = axis.ticks.filter(({ value }) => shown.has(value));
        },
      },
      y: {
        stacked,
        min: 0,
        max: Number(figure.dataset.top),
        grid: { color: colours.grid, drawTicks: false },
        border: { display: false },
        ticks: {
          stepSize: Number(figure.dataset.step),
          includeBounds: false,
          padding: 6,
          color: colours.text,
          font: { ...font },
          callback: written,
        },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: colours.surface,
        borderColor: colours.text,
        borderWidth: 1,
        titleColor: colours.text,
        bodyColor: colours.text,
        titleFont: { ...font, weight: 650 },
        bodyFont: font,
        padding: 10,
        displayColors: false,
        filter: (item) => item.raw !== null,
        callbacks: {
          title: ([item]) => (item ? payload.labels[item.dataIndex].join(", ") : ""),
          label: (item) => `${item.dataset.label}: ${written(item.raw)}`,
        },
      },
    },
  };
}

function activate(chart, payload, place) {
  const elements = payload.series
    .map((series, datasetIndex) => ({ datasetIndex, index: place, value: series.values[place] }))
    .filter(({ value }) => value !== null);
  const at = { x: chart.scales.x.getPixelForValue(place), y: chart.chartArea.top };
  chart.setActiveElements(elements);
  chart.tooltip.setActiveElements(elements, at);
  chart.update();
}

function listen(figure, payload) {
  const canvas = figure.querySelector("canvas");
  const spoken = figure.querySelector("[data-spoken]");
  const last = payload.labels.length - 1;
  let place = -1;
  const moves = {
    ArrowRight: () => Math.min(place + 1, last),
    ArrowLeft: () => (place < 0 ? last : Math.max(place - 1, 0)),
    Home: () => 0,
    End: () => last,
  };
  const leave = () => {
    place = -1;
    spoken.textContent = "";
    const chart = charts.get(figure);
    chart.setActiveElements([]);
    chart.tooltip.setActiveElements([], { x: 0, y: 0 });
    chart.update();
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    if (!(event.key in moves) || last < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    place = moves[event.key]();
    activate(charts.get(figure), payload, place);
    spoken.textContent = sentence(payload, place);
  });
  canvas.addEventListener("blur", leave);
}

function draw(figure) {
  const payload = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const style = look(figure);
  const known = charts.get(figure);
  known?.destroy();
  figure.classList.add("is-drawn");
  try {
    const chart = new window.Chart(figure.querySelector("canvas"), {
      type: payload.kind === "lines" ? "line" : "bar",
      data: {
        labels: payload.labels,
        datasets: payload.kind === "lines" ? lines(payload, style) : bars(payload, style),
      },
      options: options(payload, style, figure),
      plugins: [annotations(payload, style)],
    });
    charts.set(figure, chart);
  } catch (error) {
    figure.classList.remove("is-drawn");
    throw error;
  }
  if (!known) listen(figure, payload);
}

const figures = document.querySelectorAll("figure[data-chart]");
const drawAll = () => figures.forEach(draw);

async function begin() {
  try {
    await import("../vendor/chart.js/chart.umd.js");
  } catch {
    return;
  }
  for (const figure of figures) {
    draw(figure);
    // One after the other: a slow phone scrolls and taps in between.
    await new Promise((resolve) => { setTimeout(resolve); });
  }
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    window.matchMedia(query).addEventListener("change", drawAll);
  }
  window.addEventListener("afterprint", () => charts.forEach((chart) => chart.resize()));
}

const turned = new AbortController();
function turn() {
  turned.abort();
  begin();
}
for (const figure of figures) figure.addEventListener("pointerover", turn, { signal: turned.signal });
for (const name of ["keydown", "focusin"]) document.addEventListener(name, turn, { signal: turned.signal });
