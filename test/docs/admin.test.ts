import { describe, expect, it } from "vitest";
import { adminFixture } from "../../plugins/admin/admin-fixture.ts";
import { parseTarget } from "../../plugins/admin/admin-request.ts";
import { handleAdmin } from "../../plugins/admin/handle-admin.ts";
import { codes, readPage, section, tableRows } from "./page.ts";

const page = readPage("docs/admin.md");

/** A page as `/help` lists it: `PATH METHOD PARAMETER,...`. */
function listed(): string[] {
  const help = handleAdmin(parseTarget("GET", "/help"), adminFixture().context).body;
  const pages: string[] = [];
  for (const line of help.split("\n")) {
    const parameter = /^ {6}(\w+): /.exec(line);
    const path = /^ {2}(\/\S*?)( \(POST\))?: /.exec(line);
    if (path !== null) pages.push(`${path[1]} ${path[2] === undefined ? "GET" : "POST"} `);
    else if (parameter !== null) pages[pages.length - 1] += `${parameter[1]},`;
  }
  return pages;
}

describe("docs/admin.md", () => {
  it("tells every page with its method and parameters, and no other", () => {
    const told = tableRows(page).map(
      ([path, method, parameters]) =>
        `${codes(path)[0]} ${method} ${codes(parameters)
          .map((name) => `${name},`)
          .join("")}`,
    );
    expect(listed().length).toBeGreaterThan(15);
    expect(told.toSorted()).toEqual(listed().toSorted());
  });

  const examples = [...section(page, "## Examples").matchAll(/^curl (?:-i )?(-X POST )?'?localhost:15000([^\s']+)/gm)];
  it.each(examples.map(([, post, target]) => [post === undefined ? "GET" : "POST", target]))(
    "example: %s %s",
    (method, target) => {
      expect(handleAdmin(parseTarget(method, target), adminFixture().context).status).toBe(200);
    },
  );
  it("has examples", () => {
    expect(examples.length).toBeGreaterThan(15);
  });
});
