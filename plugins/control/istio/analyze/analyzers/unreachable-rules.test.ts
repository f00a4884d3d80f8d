import { testAnalyzer } from "../testing/analyzer-cases.ts";
import { unreachableRules } from "./unreachable-rules.ts";

const http = (...rules: string[]): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: v }\nspec:\n  hosts: [a.com]\n  http:\n${rules.map((rule) => `  - { ${rule} ${rule === "" ? "" : ","} route: [{ destination: { host: a } }] }\n`).join("")}`;
const prefix = (text: string, more = ""): string => `match: [{ uri: { prefix: ${text} } ${more} }]`;
const V = "VirtualService default/v:";

testAnalyzer(unreachableRules, [
  ["the last one matches all", http(prefix("/a"), "name: rest")],
  [
    "one behind one that matches all",
    http("name: all", prefix("/a")),
    `8:5 IST0130 ${V} rule #2 is never reached: rule "all" before it matches everything`,
  ],
  [
    "the same match twice, its members in another order",
    http(
      "match: [{ uri: { exact: /a }, port: 80 }, { port: 81 }]",
      "match: [{ port: 80, name: x, uri: { exact: /a } }, { port: 82 }]",
    ),
    `8:15 IST0131 ${V} match of rule #2 is the same as one of rule #1 before it`,
  ],
  [
    "all matches of a rule",
    http("match: [{ uri: { exact: /a } }]", "name: b, match: [{ uri: { exact: /a } }]"),
    `8:5 IST0130 ${V} rule "b" is never reached: rules before it have all its matches`,
    `8:24 IST0131 ${V} match of rule "b" is the same as one of rule #1 before it`,
  ],
  [
    "a longer prefix behind a shorter one",
    http(prefix("/a"), prefix("/a/b")),
    `8:32 IST0131 ${V} match of rule #2 with prefix "/a/b" is covered by prefix "/a" of rule #1 before it`,
  ],
  ["a shorter prefix behind a longer one", http(prefix("/a/b"), prefix("/a"))],
  ["a longer prefix with less asked for", http(prefix("/a", ", headers: { x: { exact: z } }"), prefix("/a/b"))],
  [
    "a longer prefix with more asked for",
    http(prefix("/a", ", headers: { x: { prefix: z } }"), prefix("/a/b", ", headers: { x: { exact: zz }, w: { exact: v } }")),
    `8:32 IST0131 ${V} match of rule #2 with prefix "/a/b" is covered by prefix "/a" of rule #1 before it`,
  ],
  ["another method", http(prefix("/a", ", method: { exact: GET }"), prefix("/a/b", ", method: { exact: POST }"))],
  ["a header that must be missing", http(prefix("/a", ", withoutHeaders: { x: {} }"), prefix("/a/b"))],
  [
    "the same header missing in both",
    http(prefix("/a", ", withoutHeaders: { x: {} }"), prefix("/a/b", ", withoutHeaders: { x: {} }")),
    `8:32 IST0131 ${V} match of rule #2 with prefix "/a/b" is covered by prefix "/a" of rule #1 before it`,
  ],
  ["another port", http(prefix("/a", ", port: 80"), prefix("/a/b", ", port: 81"))],
]);
