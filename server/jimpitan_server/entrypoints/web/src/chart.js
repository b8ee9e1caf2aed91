// The curve of the last two hours, drawn by uPlot.
import uPlot from "uplot";
import { number, rupiah } from "./format.js";

const POINTS_MAX = 720;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws points [Unix s, deposits, counted, QRIS known] into an element. */
export class Chart {
  constructor(element) {
    this.element = element;
    this.points = [[], [], [], []];
    this.plot = null;
  }

  take(point) {
    const [times] = this.points;
    if (point[0] < times[times.length - 1]) return; // the history knows it already
    if (times.length > 1 && point[0] - times[times.length - 1] < 2) {
      this.points.forEach((column, index) => (column[column.length - 1] = point[index]));
    } else {
      this.points.forEach((column, index) => {
        column.push(point[index]);
        if (column.length > POINTS_MAX) column.shift();
      });
    }
    this.draw();
  }

  draw() {
    if (this.points[0].length < 2) return;
    if (!this.plot) {
      this.element.replaceChildren();
      this.plot = new uPlot(this.options(), this.points, this.element);
      new ResizeObserver(() => this.plot.setSize(this.size())).observe(this.element);
    } else {
      this.plot.setData(this.points);
    }
  }

  size() {
    return { width: this.element.clientWidth, height: Math.min(320, window.innerHeight / 2.5) };
  }

  options() {
    const words = this.element.dataset;
    const axis = { stroke: colour("--ink-soft"), grid: { stroke: colour("--line"), width: 1 } };
    const money = (_plot, values) => values.map((value) => number(value));
    const line = (label, name, scale) => ({
      label,
      scale,
      stroke: colour(name),
      width: 2,
      value: (_plot, value) => (value == null ? "–" : scale === "rp" ? rupiah(value) : number(value)),
    });
    return {
      ...this.size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), words.zone),
      scales: { rp: { range: (_plot, _min, max) => [0, max || 1] }, n: {} },
      axes: [
        { ...axis, values: "{HH}.{mm}" },
        { ...axis, scale: "n", size: 56, values: money },
        { ...axis, scale: "rp", side: 1, size: 84, values: money, grid: { show: false } },
      ],
      series: [
        { label: words.time, value: "{HH}.{mm}.{ss}" },
        line(words.deposits, "--sensed", "n"),
        line(words.counted, "--counted", "rp"),
        line(words.known, "--confirmed", "rp"),
      ],
    };
  }
}

