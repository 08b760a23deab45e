// SPDX-License-Identifier: AGPL-3.0-or-later
// Bundles and runs the invented server: node dev/run-mock.mjs [PORT [FOLDER]]
import { build } from "esbuild";
import { mkdirSync } from "node:fs";

mkdirSync(new URL("../.cache/", import.meta.url), { recursive: true });
const out = new URL("../.cache/mock.mjs", import.meta.url).pathname;
await build({ entryPoints: [new URL("./mock.ts", import.meta.url).pathname], bundle: true, platform: "node", format: "esm", outfile: out, logLevel: "error" });
const { serve } = await import(out);
const port = Number(process.argv[2] ?? 8480);
await serve(port, process.argv[3] ?? new URL("../dist/", import.meta.url).pathname);
console.log(`http://127.0.0.1:${port}/`);
