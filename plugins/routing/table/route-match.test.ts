import { describe, expect, it } from "vitest";
import { groupConfig, MATCH_GROUPS } from "./cases/match-cases.ts";
import { requestFixture, routeTable, streamFixture, traceFixture } from "./routing-fixture.ts";

describe("which route a request gets", () => {
  for (const group of MATCH_GROUPS) {
    it(group.title, () => {
      const table = routeTable(groupConfig(group));
      const found = group.requests.map(([method, target, headers = {}]) => {
        const entry = table.match(streamFixture(), requestFixture(method, target, headers));
        return [method, target, headers, entry?.name ?? null];
      });
      expect(found).toEqual(group.requests);
    });
  }

  it("is the same with a trace", () => {
    for (const group of MATCH_GROUPS) {
      const table = routeTable(groupConfig(group));
      for (const [method, target, headers = {}, expected] of group.requests) {
        const stream = streamFixture();
        const { trace, notes } = traceFixture(stream);
        const entry = table.match(stream, requestFixture(method, target, headers), trace);
        expect([group.title, target, entry?.name ?? null]).toEqual([group.title, target, expected]);
        expect(notes.length).toBeGreaterThan(0);
      }
    }
  });
});
