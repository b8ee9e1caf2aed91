// Makes elements: h("p", { class: "lead" }, "text", other). Text is never read as markup.
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((one) => one || one === 0));
  return element;
}

// Icons of our own: strokes in a square of 24, in the colour of the text around them.
const PATHS = {
  outbox: "M4 13h4l2 3h4l2-3h4M4 13v6h16v-6l-3-8H7zM12 3v7M9 6l3-3 3 3",
  box: "M4 8h16v12H4zM4 8l2-4h12l2 4M9 12h6",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  back: "M15 5l-7 7 7 7",
  done: "M5 13l5 5 9-11",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.1",
  wait: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3 3",
  share: "M12 15V4M8 7l4-4 4 4M5 12v8h14v-8",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
