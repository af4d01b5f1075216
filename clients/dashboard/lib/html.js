/**
 * Components without a build step: `html` makes elements of a template, the hooks are preact's. Text goes into the page
 * as text; nothing here sets HTML.
 */
import htm from "../vendor/htm.js";
import { Fragment, createElement, render } from "../vendor/preact.js";

export { Fragment, render };
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";

/** @typedef {import("../vendor/preact.js").Child} Child */

/** @type {(strings: TemplateStringsArray, ...values: any[]) => any} */
export const html = htm.bind(createElement);

/** Class names, those that are wanted. @param {...(string | false | null | undefined)} names */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}
