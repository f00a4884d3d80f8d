import type { HeaderMap } from "../contract/headers.ts";
import type { HttpStream } from "../contract/stream.ts";
import { HttpRequestHeaderMatchInput, HttpRequestQueryParamMatchInput } from "../resources/matcher-tree.ts";
import type { TypedConfig } from "../resources/schema/any.ts";
import { list, message, string } from "../resources/schema/index.ts";
import { filterStateText } from "./filter-state-matcher.ts";
import { headerValue } from "./header-matcher.ts";
import { metadataValue } from "./metadata-matcher.ts";
import { parseReporting, type Report } from "./problem.ts";
import { queryValueEnd, queryValueStart } from "./query-parameter.ts";
import { toWire } from "./wire-text.ts";

/** What a matcher tree looks at: reads a text off a request, undefined if there is none. */
export interface MatcherInput {
  read(stream: HttpStream, headers: HeaderMap): string | undefined;
  describe(): string;
}

class Input implements MatcherInput {
  readonly read: (stream: HttpStream, headers: HeaderMap) => string | undefined;
  readonly #name: string;
  constructor(name: string, read: (stream: HttpStream, headers: HeaderMap) => string | undefined) {
    this.#name = name;
    this.read = read;
  }
  describe(): string {
    return this.#name;
  }
}

const NETWORK = "envoy.extensions.matching.common_inputs.network.v3";
const SSL = "envoy.extensions.matching.common_inputs.ssl.v3";

const FilterStateInput = message(`${NETWORK}.FilterStateInput`, { key: string({ minLength: 1, required: true }) });
const DynamicMetadataInput = message(`${NETWORK}.DynamicMetadataInput`, {
  filter: string({ minLength: 1, required: true }),
  path: list(message(`${NETWORK}.DynamicMetadataInput.PathSegment`, { key: string({ minLength: 1, required: true }) }), {
    min: 1,
  }),
});
const EnvironmentInput = message("envoy.extensions.matching.common_inputs.environment_variable.v3.Config", {
  name: string({ minLength: 1, required: true }),
});

const nonEmpty = (text: string): string | undefined => (text === "" ? undefined : text);

/** Inputs without a configuration of their own. */
const PLAIN: Readonly<Record<string, (stream: HttpStream) => string | undefined>> = {
  [`${NETWORK}.DestinationIPInput`]: (stream) => nonEmpty(stream.connection.localAddress),
  [`${NETWORK}.DestinationPortInput`]: (stream) => String(stream.connection.localPort),
  [`${NETWORK}.SourceIPInput`]: (stream) => nonEmpty(stream.clientAddress),
  [`${NETWORK}.SourcePortInput`]: (stream) => String(stream.clientPort),
  [`${NETWORK}.DirectSourceIPInput`]: (stream) => nonEmpty(stream.connection.remoteAddress),
  [`${NETWORK}.ServerNameInput`]: (stream) => nonEmpty(stream.connection.requestedServerName),
  [`${NETWORK}.TransportProtocolInput`]: (stream) => (stream.connection.tls === null ? "raw_buffer" : "tls"),
  [`${SSL}.UriSanInput`]: (stream) => nonEmpty((stream.connection.tls?.peerUriSans ?? []).join(",")),
  [`${SSL}.DnsSanInput`]: (stream) => nonEmpty((stream.connection.tls?.peerDnsSans ?? []).join(",")),
  [`${SSL}.SubjectInput`]: (stream) => nonEmpty(stream.connection.tls?.peerSubject ?? ""),
};

/** Compiles an input of HTTP routing by its type; null after a mistake, which is reported. */
export function compileMatcherInput(config: TypedConfig, report: Report): MatcherInput | null {
  const type = config.typeUrl;
  const name = type.slice(type.lastIndexOf(".") + 1);
  if (Object.hasOwn(PLAIN, type)) return new Input(name, PLAIN[type]);
  switch (type) {
    case HttpRequestHeaderMatchInput.typeName: {
      const header = parseReporting(HttpRequestHeaderMatchInput, config, report)?.headerName;
      return header === undefined ? null : new Input(`header ${header}`, (_stream, headers) => headerValue(headers, header));
    }
    case HttpRequestQueryParamMatchInput.typeName: {
      const parameter = parseReporting(HttpRequestQueryParamMatchInput, config, report)?.queryParam;
      return parameter === undefined ? null : queryInput(parameter);
    }
    case FilterStateInput.typeName: {
      const key = parseReporting(FilterStateInput, config, report)?.key;
      return key === undefined ? null : new Input(`filter state ${key}`, (stream) => filterStateText(stream.filterState, key));
    }
    case DynamicMetadataInput.typeName: {
      const where = parseReporting(DynamicMetadataInput, config, report);
      if (where === undefined) return null;
      const path = where.path.map((segment) => segment.key);
      return new Input(`metadata ${where.filter}:${path.join(":")}`, (stream) => {
        const value = metadataValue(stream.dynamicMetadata, where.filter, path);
        return typeof value === "string" ? toWire(value) : undefined;
      });
    }
    case EnvironmentInput.typeName: {
      const variable = parseReporting(EnvironmentInput, config, report)?.name;
      if (variable === undefined) return null;
      const value = process.env[variable];
      return new Input(`environment ${variable}`, () => value);
    }
    default:
      report({
        about: config,
        key: "",
        code: "unknown_type_url",
        message: `matcher input ${type} is not supported here`,
        found: type,
        wanted: "an input of HTTP requests",
      });
      return null;
  }
}

/** Unlike a query parameter matcher of a route, this input decodes names and values (Envoy: HttpRequestQueryParamsDataInput). */
function queryInput(name: string): MatcherInput {
  const wire = toWire(name);
  return new Input(`query parameter ${name}`, (_stream, headers) => {
    const path = headers.path;
    const query = path.indexOf("?");
    if (query < 0) return undefined;
    const start = path.indexOf("%", query) < 0 ? queryValueStart(path, query, wire) : -1;
    if (start >= 0) return path.slice(start, queryValueEnd(path, start));
    for (const pair of path.slice(query + 1).split("&")) {
      const equals = pair.indexOf("=");
      if (percentDecode(equals < 0 ? pair : pair.slice(0, equals)) === wire)
        return equals < 0 ? "" : percentDecode(pair.slice(equals + 1));
    }
    return undefined;
  });
}

function percentDecode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
