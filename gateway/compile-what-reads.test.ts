import { expect, it } from "vitest";
import { compileWhatReads } from "./compile-what-reads.ts";

const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A bootstrap with the routes in question and, beside them, mistakes that reading finds. */
function bootstrap(routes: string): string {
  return `
static_resources:
  clusters: [ { name: o, connect_timeout: soon } ]
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 99999 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${HCM}
          stat_prefix: in
          no_such_field: 1
          route_config: { virtual_hosts: [ { name: a, domains: ["*"], routes: [ ${routes} ] } ] }
          http_filters: []
`;
}

const check = (routes: string): string[] =>
  compileWhatReads(bootstrap(routes), { file: "f.yaml", allowUnsupported: false }).map((e) => `${e.line}: ${e.message}`);

it("finds a bad regular expression beside fields that can't be read", () => {
  const found = check(`{ match: { safe_regex: { regex: "(" } }, route: { cluster: o } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^13: .*missing/);
});

it("finds a bad substitution", () => {
  const header = `{ header: { key: x, value: "%NOTHING%" } }`;
  expect(check(`{ match: { prefix: / }, route: { cluster: o }, request_headers_to_add: [ ${header} ] }`).join()).toMatch(
    /NOTHING/,
  );
});

it("says nothing of routes that are right, or too broken to compile", () => {
  expect(check(`{ match: { prefix: / }, route: { cluster: o } }`)).toEqual([]);
  expect(check(`{ match: 5, route: [] }`)).toEqual([]);
});
