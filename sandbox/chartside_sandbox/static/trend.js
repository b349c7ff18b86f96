// A small line of a course, with the reference range as a band; in words for those who do not see it.
import { svg } from "./dom.js";
import { number } from "./format.js";

const [WIDTH, HEIGHT, EDGE] = [96, 26, 4];
const MOST = 60;

export function trend(points, { range, flag }) {
  const shown = points.slice(-MOST);
  if (shown.length < 2) return null;
  const values = shown.map((one) => one.value);
  const [low, high] = bounds(values, range);
  const [first, last] = [shown[0].at, shown.at(-1).at];
  const x = (one, at) => EDGE + (WIDTH - 2 * EDGE) * (last > first ? (one.at - first) / (last - first) : at / (shown.length - 1));
  const y = (value) => HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE);
  const places = shown.map((one, at) => [x(one, at).toFixed(1), y(one.value).toFixed(1)]);
  const words = `${points.length} values, from ${number(points[0].value)} to ${number(values.at(-1))}`;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "trend", role: "img", "aria-label": words });
  if (range) {
    const [top, bottom] = [y(Math.min(range.high ?? high, high)), y(Math.max(range.low ?? low, low))];
    drawing.append(svg("rect", { class: "band", x: 0, y: top, width: WIDTH, height: Math.max(bottom - top, 0) }));
  }
  const [cx, cy] = places.at(-1);
  drawing.append(
    svg("polyline", { points: places.map((place) => place.join(",")).join(" ") }),
    svg("circle", { cx, cy, r: 2.6, class: flag ? flag.kind : "usual" }));
  return drawing;
}

// Enough of the range to see which side of it the values are on.
function bounds(values, range) {
  const known = [range?.low, range?.high].filter((one) => typeof one === "number");
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const near = known.filter((one) => one >= low - (high - low || high) && one <= high + (high - low || high));
  return [Math.min(low, ...near), Math.max(high, ...near)];
}
