/** The dashboard: a page for each part of the gateway, one store, one connection. This file starts it. */
import { start, watchOtherTabs } from "./lib/access.js";
import { html, render } from "./lib/html.js";
import { startLook } from "./lib/look.js";
import { startRouter } from "./lib/router.js";
import { Frame } from "./parts/frame.js";

const looking = startLook();
const signingIn = start();
startRouter();
watchOtherTabs();
await looking;
const root = document.createElement("div");
root.id = "root";
document.body.append(root);
render(html`<${Frame} />`, root);
await signingIn;
