import type { StreamInfo } from "../contract/stream.ts";
import { jsonQuote, toBytes, visible } from "./byte-string.ts";
import type { Command, FormatOptions, Operator, Read } from "./operator.ts";

/** Metadata by namespace. */
type Source = (info: StreamInfo) => Readonly<Record<string, unknown>> | undefined;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Own properties only: a key is data, and "constructor" names nothing. */
function step(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A value as JSON text in a byte string. Filters may put anything there: what can't be written is no value. */
function toJson(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : toBytes(text);
  } catch {
    return undefined;
  }
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? visible(toBytes(value)) : toJson(value);
}

function operator(value: (info: StreamInfo) => unknown, maxLength: number, cutStructs: boolean): Operator {
  const read: Read = (info) => {
    const found = value(info);
    const text = toText(found);
    return text === undefined || (!cutStructs && isRecord(found)) ? text : text.slice(0, maxLength);
  };
  const json: Read = (info) => {
    const found = value(info);
    if (found === undefined || found === null) return undefined;
    return typeof found === "string" ? jsonQuote(toBytes(found)) : toJson(found);
  };
  return { read, json };
}

function makeFrom(source: Source, argument: string, maxLength: number, cutStructs: boolean): Operator | string {
  const path = argument.split(":");
  if (path[0] === "") return 'wanted a namespace, as in "my.filter:key"';
  return operator((info) => path.reduce<unknown>(step, source(info)), maxLength, cutStructs);
}

const dynamic: Source = (info) => info.dynamicMetadata;
const route: Source = (info) => info.matchedRoute?.metadata;
/** `upstreamHost` is an endpoint of a cluster, which carries metadata beyond what the interface of logs names. */
const host: Source = (info) => {
  const metadata = step(info.upstreamHost, "metadata");
  return isRecord(metadata) ? metadata : undefined;
};

function cluster(options: FormatOptions): Source {
  const clusters = options.clusters;
  return (info) => (info.upstreamCluster === "" ? undefined : clusters?.get(info.upstreamCluster)?.metadata);
}

function makeMetadata(argument: string, options: FormatOptions, maxLength: number): Operator | string {
  const colon = argument.indexOf(":");
  const rest = colon < 0 ? "" : argument.slice(colon + 1);
  switch (colon < 0 ? argument : argument.slice(0, colon)) {
    case "DYNAMIC":
      return makeFrom(dynamic, rest, maxLength, true);
    case "CLUSTER":
      return makeFrom(cluster(options), rest, maxLength, true);
    case "ROUTE":
      return makeFrom(route, rest, maxLength, true);
    case "UPSTREAM_HOST":
      return makeFrom(host, rest, maxLength, true);
    default:
      return `wanted DYNAMIC:, CLUSTER:, ROUTE: or UPSTREAM_HOST: and a namespace, found ${JSON.stringify(argument)}`;
  }
}

/** `KEY`, `KEY:PLAIN`, `KEY:TYPED`, `KEY:FIELD:name`. */
function makeFilterState(argument: string, _: FormatOptions, maxLength: number): Operator | string {
  const [key, form = "TYPED", field, ...rest] = argument.split(":");
  if (key === "") return "wanted a key";
  if (rest.length > 0 || !["PLAIN", "TYPED", "FIELD"].includes(form)) {
    return `wanted KEY:PLAIN, KEY:TYPED or KEY:FIELD:NAME, found ${JSON.stringify(argument)}`;
  }
  if ((form === "FIELD") !== (field !== undefined && field !== "")) return "FIELD, and only FIELD, wants the name of a field";
  const state = (info: StreamInfo): unknown => step(info.filterState, key);
  if (form === "FIELD") return operator((info) => step(state(info), field), maxLength, true);
  if (form === "TYPED") {
    // As JSON, so that a string stands in quotes.
    const json: Read = (info) => toJson(state(info) ?? undefined);
    return { read: (info) => json(info)?.slice(0, maxLength), json };
  }
  const read: Read = (info) => toText(state(info))?.slice(0, maxLength);
  return { read, json: "string" };
}

/** Operators that read what filters, routes and clusters carry along. */
export const METADATA_COMMANDS: Readonly<Record<string, Command>> = {
  DYNAMIC_METADATA: {
    argument: "required",
    length: true,
    make: (argument, _, maxLength) => makeFrom(dynamic, argument, maxLength, false),
  },
  CLUSTER_METADATA: {
    argument: "required",
    length: true,
    make: (argument, options, maxLength) => makeFrom(cluster(options), argument, maxLength, true),
  },
  UPSTREAM_METADATA: {
    argument: "required",
    length: true,
    make: (argument, _, maxLength) => makeFrom(host, argument, maxLength, true),
  },
  METADATA: { argument: "required", length: true, make: makeMetadata },
  FILTER_STATE: { argument: "required", length: true, make: makeFilterState },
};
