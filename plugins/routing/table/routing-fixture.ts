import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { DecisionTrace } from "../../../core/contract/trace.ts";
import { streamDraw } from "../../../core/match/draw.ts";
import { streamInfoFixture } from "../../../core/format/stream-info-fixture.ts";
import { formatErrors } from "../../../core/resources/document/error.ts";
import { RouteConfiguration } from "../../../core/resources/route.ts";
import { decodeValue } from "../../../core/resources/schema/index.ts";
import { HeaderMapImpl } from "../../../core/stream/header-map.ts";
import type { RouteTableOptions } from "./build-context.ts";
import { type CompiledRouteTable, compileRouteTable } from "./route-table.ts";

/** Runtime without any value, for tests and benchmarks. */
export const noRuntime: RuntimeReader = {
  number: (_key, fallback) => fallback,
  boolean: (_key, fallback) => fallback,
  string: (_key, fallback) => fallback,
  fraction: (_key, numerator, denominator, draw) => draw % denominator < numerator,
};

/** Compiles a route configuration in proto3-JSON; throws what is wrong with it. */
export function routeTable(json: object, options: Partial<RouteTableOptions> = {}): CompiledRouteTable {
  const { value, errors } = decodeValue(RouteConfiguration, json, { file: "test" });
  if (value === undefined) throw new Error(formatErrors(errors));
  const compiled = compileRouteTable(value, { runtime: noRuntime, ...options });
  if (compiled.table === undefined) throw new Error(formatErrors(compiled.errors));
  return compiled.table;
}

/** A trace that keeps notes as `kind verdict subject: reason`, and lets draws fall as those of the stream would. */
export function traceFixture(stream: HttpStream): { readonly trace: DecisionTrace; readonly notes: string[] } {
  const notes: string[] = [];
  const trace: DecisionTrace = {
    note: ({ kind, verdict, subject, reason }) => void notes.push(`${kind} ${verdict} ${subject}: ${reason}`),
    draw: ({ kind, subject, of, options }) => {
      let left = streamDraw(stream.id) % of;
      const index = options.findIndex(({ count }) => (left -= count) < 0);
      notes.push(`${kind} drawn ${subject}: ${options.map(({ label, count }) => `${label} ${count}/${of}`).join(", ")}`);
      return index;
    },
    forward: () => undefined,
  };
  return { trace, notes };
}

/** A stream from 127.0.0.1, with parts replaced; only what routing reads is there. */
export function streamFixture(changes: Partial<HttpStream> = {}): HttpStream {
  const info = streamInfoFixture({ clientAddress: "127.0.0.1", clientPort: 5000 });
  return { ...info, ...changes } as HttpStream;
}

/** Request headers; several values of a header as a list, `host` is the authority. */
export function requestFixture(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): HeaderMapImpl {
  const map = new HeaderMapImpl([]);
  map.method = method;
  map.path = path;
  map.scheme = "http";
  map.authority = "example.com";
  for (const [name, values] of Object.entries(headers)) {
    for (const value of typeof values === "string" ? [values] : values) {
      if (name === "host") map.authority = value;
      else if (name === ":scheme") map.scheme = value;
      else map.append(name.toLowerCase(), value);
    }
  }
  return map;
}
