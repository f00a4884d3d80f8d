import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { formatErrors } from "../../../../core/resources/document/error.ts";
import { originOf, pathOfOrigin, whereOfOrigin } from "./origin.ts";
import { SECRETS } from "./testdata/secrets.ts";
import { GATEWAY, meshOf } from "./translate-fixture.ts";
import { translate } from "./translate.ts";
import type { Translation } from "./translation.ts";

const folder = new URL("./testdata/", import.meta.url);
const inputs = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

function translationFrom(name: string): Translation {
  return translate(GATEWAY, meshOf(readFileSync(new URL(name, folder), "utf8") + (SECRETS[name] ?? ""), name));
}

/** Where each part was made from, in the order of the resources. */
function provenance(part: unknown, at: string, lines: string[]): void {
  if (typeof part !== "object" || part === null) return;
  const origin = originOf(part);
  if (origin !== undefined) {
    const places = [origin, ...(origin.also ?? [])].map((one) => {
      const { name } = one.object;
      return `${one.object.kind} ${name} ${pathOfOrigin(one)} (line ${whereOfOrigin(one).line})`;
    });
    lines.push(`${at}: ${places.join("; ")}`);
  }
  for (const [key, value] of Object.entries(part)) {
    provenance(value, Array.isArray(part) ? `${at}[${key}]` : `${at}.${key}`, lines);
  }
}

describe("a translation", () => {
  for (const name of inputs) {
    it(`of ${name} is what its golden file says`, async () => {
      const { listeners, routes, clusters, secrets, problems } = translationFrom(name);
      const resources = { listeners, routes, clusters, secrets };
      const lines: string[] = [];
      for (const [kind, list] of Object.entries(resources)) provenance(list, kind, lines);
      const text = [
        "# problems",
        formatErrors(problems),
        "# made from",
        lines.join("\n"),
        "# resources",
        JSON.stringify(resources, null, 1),
        "",
      ].join("\n");
      await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(name.replace(".yaml", ".golden"), folder)));
    });

    it(`of ${name} is the same each time`, () => {
      const { mesh: first, ...one } = translationFrom(name);
      const { mesh: second, ...two } = translationFrom(name);
      expect(first).not.toBe(second);
      expect(JSON.stringify(one)).toBe(JSON.stringify(two));
    });
  }
});
