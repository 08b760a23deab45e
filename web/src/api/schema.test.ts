// SPDX-License-Identifier: AGPL-3.0-or-later
// @vitest-environment node
import { readFile } from "node:fs/promises";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { description, generated, types } from "../../dev/api-types.mjs";

describe("the types of the API", () => {
  it("are made from the description of now (else: npm run types)", async () => {
    expect(await readFile(types, "utf8")).toBe(await generated());
  });

  it("come from a document that is valid OpenAPI 3.1", async () => {
    const rules = { struct: "error", "no-unresolved-refs": "error", "spec-strict-refs": "error", "path-parameters-defined": "error", "operation-operationId-unique": "error", "no-identical-paths": "error", "path-declaration-must-exist": "error", "security-defined": "error" } as const;
    const check = async (source: string) => (await lintFromString({ source, config: await createConfig({ rules }) })).map((one) => one.message);
    const source = await readFile(description, "utf8");
    expect(await check(source)).toEqual([]);
    expect(await check(source.replace('"responses"', '"answers"'))).not.toEqual([]);
  }, 30000);
});
