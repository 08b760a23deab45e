// SPDX-License-Identifier: AGPL-3.0-or-later
import { render } from "preact";
import "./ui/tokens.css";
import "./ui/ground.css";
import "./ui/controls.css";
import "./ui/card.css";
import "./ui/table.css";
import "./ui/figures.css";
import "./ui/float.css";
import { App } from "./app";
import { boot } from "./features/session/state";
import { startKeys } from "./lib/keys";
import { start } from "./router";

start();
startKeys();
const root = document.getElementById("app");
if (root) void boot().then(() => render(<App />, root));
