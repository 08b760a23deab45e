// SPDX-License-Identifier: AGPL-3.0-or-later
// src/api/schema.ts out of docs/openapi.json: `npm run types` writes it, a test of src/api looks whether it is fresh.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

export const description = new URL("../../docs/openapi.json", import.meta.url);
export const types = new URL("../src/api/schema.ts", import.meta.url);

export async function generated() {
  // The page asks by path and names the shape of the answer, so the list of paths stays out of it.
  const document = { ...JSON.parse(await readFile(description, "utf8")), paths: {} };
  return `// SPDX-License-Identifier: AGPL-3.0-or-later\n// Made from docs/openapi.json by \`npm run types\`.\n\n${astToString(await openapiTS(document, { rootTypes: true, rootTypesNoSchemaPrefix: true, rootTypesKeepCasing: true }))}`;
}

if (process.argv[2] === "write") await writeFile(types, await generated());
