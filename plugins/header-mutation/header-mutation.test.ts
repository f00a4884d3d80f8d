import { describe, expect, it } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { headerMutation } from "./header-mutation.ts";

const append = (key: string, value: string, action = "APPEND_IF_EXISTS_OR_ADD"): string =>
  `{ append: { header: { key: ${key}, value: "${value}" }, append_action: ${action} } }`;
const rules = (request: readonly string[], response: readonly string[] = []): string =>
  `{ mutations: { request_mutations: [${request.join(", ")}], response_mutations: [${response.join(", ")}] } }`;

async function request(mutations: readonly string[], headers: readonly string[] = [], path = "/"): Promise<readonly string[]> {
  return (await filterRig(headerMutation, { config: rules(mutations) }).send({ headers, path })).upstream.headers;
}

describe("header mutation", () => {
  it.each([
    ["APPEND_IF_EXISTS_OR_ADD", ["x", "0", "x", "1"], ["x", "1"]],
    ["ADD_IF_ABSENT", ["x", "0"], ["x", "1"]],
    ["OVERWRITE_IF_EXISTS_OR_ADD", ["x", "1"], ["x", "1"]],
    ["OVERWRITE_IF_EXISTS", ["x", "1"], []],
  ])("%s does so with a header that is there, and one that is not", async (action, there, absent) => {
    expect(await request([append("x", "1", action)], ["x", "0"])).toEqual(there);
    expect(await request([append("x", "1", action)])).toEqual(absent);
  });

  it("removes all values, whatever the case of the rule", async () => {
    expect(await request(["{ remove: X-A }"], ["x-a", "1", "x-b", "2", "x-a", "3"])).toEqual(["x-b", "2"]);
  });

  it("goes strictly by the order of the rules", async () => {
    expect(await request([append("x", "1"), "{ remove: x }", append("x", "2"), append("y", "%REQ(x)%")], ["x", "0"])).toEqual([
      "x",
      "2",
      "y",
      "2",
    ]);
  });

  it("substitutes, and adds nothing for an empty value unless told to keep it", async () => {
    expect(await request([append("x-path", "was %REQ(:path)%"), append("x-none", "%REQ(x-none)%")], [], "/a?b")).toEqual([
      "x-path",
      "was /a?b",
    ]);
    const keep = '{ append: { header: { key: x-none, value: "%REQ(x-none)%" }, keep_empty_value: true } }';
    expect(await request([keep])).toEqual(["x-none", ""]);
  });

  it("changes responses, local replies included, with a look at the request", async () => {
    const rig = filterRig(headerMutation, {
      config: rules([], [append("x-for", "%REQ(x-id)% %RESPONSE_CODE%"), "{ remove: server }"]),
    });
    const trace = await rig.send({ headers: ["x-id", "7"] }, { headers: ["server", "s", "x", "1"] });
    expect(trace.client.headers).toEqual(["x", "1", "x-for", "7 200"]);
  });

  it("lets no line break out of metadata into a header", async () => {
    const rig = filterRig(headerMutation, { config: rules([append("x", "%DYNAMIC_METADATA(ns:key)%"), append("y", "1")]) });
    const original = rig.filter.onRequestHeaders!.bind(rig.filter);
    rig.filter.onRequestHeaders = (s, headers, end, state) => {
      s.setMetadata("ns", "key", "a\r\nb: c");
      return original(s, headers, end, state);
    };
    expect((await rig.send()).upstream.headers.filter((text) => /[\r\n]/.test(text))).toEqual([]);
  });

  it("removes every header whose name matches", async () => {
    const rule = "{ remove_on_match: { key_matcher: { prefix: x-drop } } }";
    expect(await request([rule], ["x-drop-a", "1", "x-keep", "2", "x-drop-b", "3", "x-drop-a", "4"])).toEqual(["x-keep", "2"]);
  });

  it("changes trailers that are there", async () => {
    const config = `{ mutations: { request_trailers_mutations: [${append("q", "%REQ(x-id)%")}], response_trailers_mutations: [{ remove: t }] } }`;
    const rig = filterRig(headerMutation, { config });
    const sent = { method: "POST", headers: ["x-id", "7"], body: ["x"], trailers: ["a", "b"] };
    const trace = await rig.send(sent, { body: ["x"], trailers: ["t", "1", "u", "2"] });
    expect([trace.upstream.trailers, trace.client.trailers]).toEqual([
      ["a", "b", "q", "7"],
      ["u", "2"],
    ]);
    expect((await rig.send({ ...sent, trailers: null })).upstream.trailers).toBeNull();
  });

  it("applies the filter's rules, then the route's levels from the most specific to the least", async () => {
    const route = ["table", "host", "route"].map((level) => rules([append("x", level)], [append("x", level)]));
    const trace = await filterRig(headerMutation, {
      config: rules([append("x", "filter")], [append("x", "filter")]),
      route,
    }).send();
    const expected = ["x", "filter", "x", "route", "x", "host", "x", "table"];
    expect([trace.upstream.headers, trace.client.headers]).toEqual([expected, expected]);
  });

  it("lets the most specific level have the last word when told to", async () => {
    const route = ["host", "route"].map((level) => rules([append("x", level, "OVERWRITE_IF_EXISTS_OR_ADD")]));
    const config = "{ most_specific_header_mutations_wins: true }";
    expect((await filterRig(headerMutation, { config, route }).send()).upstream.headers).toEqual(["x", "route"]);
    expect((await filterRig(headerMutation, { route }).send()).upstream.headers).toEqual(["x", "host"]);
  });

  it.each([
    [rules(["{}"]), /action|append/],
    [rules([append("x", "%NOPE(")]), /%/],
    [rules([append('":path"', "1")]), /":path" may not be modified/],
    [rules([append("Host", "1")]), /"host" may not be modified/i],
  ])("refuses %s", (config, message) => {
    expect(() => filterRig(headerMutation, { config })).toThrow(message);
  });
});
