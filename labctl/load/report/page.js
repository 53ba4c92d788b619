// Draws the charts in the page's colours, and again when these change or the page goes to paper.
"use strict";

const text = name => document.getElementById(name).textContent;
const root = document.documentElement;

async function unpacked(name) {
  const bytes = Uint8Array.from(atob(text(name)), char => char.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

function coloured(figures) {
  const style = getComputedStyle(root);
  return JSON.parse(figures.replace(/var\((--\w+)\)/g, (_, name) => style.getPropertyValue(name).trim()));
}

function template() {
  const axis = {
    gridcolor: "var(--rule)", linecolor: "var(--rule)", zeroline: false, automargin: true, ticks: "outside",
    tickcolor: "var(--rule)", exponentformat: "none", title: { font: { color: "var(--dim)" } },
  };
  return {
    layout: {
      font: { family: getComputedStyle(document.body).fontFamily.replaceAll('"', "'"), size: 12, color: "var(--ink)" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 8, r: 12, t: 30, b: 8 },
      xaxis: axis, yaxis: axis, hovermode: "closest", separators: ". ",
      hoverlabel: { bgcolor: "var(--card)", bordercolor: "var(--rule)", font: { color: "var(--ink)" } },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    },
    data: {
      heatmap: [{ colorbar: {
        orientation: "h", x: 1, xanchor: "right", y: 1.05, yanchor: "bottom", len: 0.4, thickness: 8, outlinewidth: 0, ypad: 0,
      } }],
      bar: [{ textfont: { color: "var(--dim)" }, marker: { line: { width: 0 } } }],
    },
  };
}

function draw() {
  // a chart that has been drawn keeps its size, unless it is told another one
  const onPaper = root.classList.contains("paper");
  const figures = JSON.parse(text("figures"));
  const all = coloured(JSON.stringify({ figures, template: template() }));
  for (const [name, { data, layout }] of Object.entries(all.figures)) {
    const { clientWidth: width, clientHeight: height } = document.getElementById(name);
    const size = onPaper ? { width, height } : { autosize: true };
    Plotly.react(name, data, { ...layout, ...size, template: all.template }, { displayModeBar: false, responsive: true });
  }
}

function paper(on) {
  root.classList.toggle("paper", on);
  draw();
}

async function start() {
  const script = document.createElement("script");
  script.textContent = await unpacked("library");
  document.head.append(script);
  document.querySelectorAll(".chart").forEach(chart => chart.replaceChildren());
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  root.dataset.drawn = Object.keys(JSON.parse(text("figures"))).length;
}

start();
