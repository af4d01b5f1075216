/** Formulas as MathML. Until the converter is there, and where it can't read one, the source is shown. */
import { ASSETS } from "../lib/assets.js";

/** @type {any} */
let temml;
/** @type {Promise<void> | undefined} */
let loading;

/** The converter is a classic script, so it is loaded by an element. @returns {Promise<void>} */
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("vendor/temml.js", ASSETS).href;
    script.onload = () => {
      temml = /** @type {any} */ (globalThis).temml;
      resolve();
    };
    script.onerror = () => reject(new Error("temml can't be loaded"));
    document.head.append(script);
  });
  return loading;
}

/**
 * The element of a formula.
 *
 * @param {string} source LaTeX
 * @param {boolean} display whether it stands by itself
 */
export function formula(source, display) {
  const place = document.createElement("span");
  place.className = display ? "math display" : "math";
  place.textContent = source;
  if (temml) convert(place, source, display);
  else load().then(() => convert(place, source, display), () => {});
  return place;
}

/** @param {Element} place @param {string} source @param {boolean} display */
function convert(place, source, display) {
  try {
    const made = document.createElement("span");
    temml.render(source, made, { displayMode: display, throwOnError: true, trust: false, annotate: false });
    place.replaceChildren(...made.childNodes);
  } catch {
    place.classList.add("unread");
  }
}
