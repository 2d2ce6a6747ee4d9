import "./style.css";

import { hydrate } from "preact";

import { App } from "../pages/app.tsx";
import type { View } from "../pages/view.ts";

const state = document.getElementById("view");
const root = document.getElementById("app");
if (state?.textContent && root) {
  hydrate(<App view={JSON.parse(state.textContent) as View} />, root);
  root.dataset["alive"] = "yes";
}
