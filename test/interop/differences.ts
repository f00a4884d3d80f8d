/** A part of an observation: "status", "body", "complete", "header NAME", "upstream" (who was asked), "upstream line", "upstream body", "upstream header NAME". */
export type Aspect = string;

/** Where Isthmus answers otherwise than Envoy on purpose. */
export interface Difference {
  /** Names of cases ("GROUP: NAME") that it concerns. */
  cases: RegExp;
  aspects: readonly Aspect[];
  reason: string;
}

/** The deliberate differences; anything else that differs is a mistake. */
export const differences: readonly Difference[] = [
  {
    cases: /^filters: POST buffer:/,
    aspects: ["header connection"],
    reason: "the request that was too large has been read to its end: its connection can go on",
  },
  {
    cases: /^connection manager: (edge|edge-hop|edge-preserve):/,
    aspects: ["upstream header x-forwarded-for"],
    reason: "for a client on loopback Envoy appends the machine's own address; the table of headers.test.ts holds what matters",
  },
  {
    cases: /^mirroring:/,
    aspects: ["upstream header x-forwarded-for", "upstream header x-envoy-internal"],
    reason:
      "Envoy's mirrored requests pass its internal HTTP client, which adds its own address; ours are copies of what is mirrored",
  },
  {
    cases: /: HEAD /,
    aspects: ["header transfer-encoding"],
    reason: "to HEAD Envoy names a framing for local replies that have no body; without one nothing can be misread",
  },
  {
    cases: /^HTTP\/1\.1: (HTTP\/1\.0 where|a header without|Content-Length and|Transfer-Encoding gzip|101 headers|61 KiB)/,
    aspects: ["body", "header content-length", "header content-type"],
    reason: "the text of a refusal is ours",
  },
  {
    cases:
      /^HTTP\/1\.1: (HTTP\/1\.0 where|a header without|Content-Length and|Transfer-Encoding gzip|101 headers|61 KiB|no Host|an empty Host|FOO|get )|#/,
    aspects: ["header x-mutation"],
    reason: "a request that is refused before it has a route passes no filters",
  },
  {
    cases: /^HTTP\/1\.1: Transfer-Encoding gzip/,
    aspects: ["status"],
    reason: "RFC 9112 section 6.3: a request whose last transfer coding is not chunked gets 400",
  },
  {
    cases: /^HTTP\/1\.1: an empty Host/,
    aspects: [
      ...["status", "body", "upstream", "header content-length", "header connection"],
      "header content-type",
      ...["header x-envoy-upstream-service-time", "header x-last", "header x-level", "header x-origin"],
    ],
    reason: "RFC 9110 section 4.2.1: an http request without a host is invalid",
  },
];
