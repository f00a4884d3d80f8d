import type { Headers } from "../../schema/virtual-service.ts";
import type { Json } from "../json.ts";

/** What `headers` of a rule or destination ask for, as Envoy's lists. */
export interface HeaderOperations {
  readonly requestAdd: readonly Json[];
  readonly requestRemove: readonly string[];
  readonly responseAdd: readonly Json[];
  readonly responseRemove: readonly string[];
  /** The Host that is set; "" for none. */
  readonly authority: string;
}

const NOTHING: HeaderOperations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [], authority: "" };

/** Istio: `TranslateHeadersOperations`: first `set`, then `add`, each by name; the Host and pseudo-headers are no headers. */
export function headerOperations(headers: Headers | undefined): HeaderOperations {
  if (headers === undefined) return NOTHING;
  const { request, response } = headers;
  return {
    requestAdd: [...added(request.set, "OVERWRITE_IF_EXISTS_OR_ADD"), ...added(request.add, "APPEND_IF_EXISTS_OR_ADD")],
    requestRemove: request.remove.filter((name) => !isInternal(name)),
    responseAdd: [...added(response.set, "OVERWRITE_IF_EXISTS_OR_ADD"), ...added(response.add, "APPEND_IF_EXISTS_OR_ADD")],
    responseRemove: response.remove.filter((name) => !isInternal(name)),
    authority: authorityOf(request.set) || authorityOf(request.add),
  };
}

/** Those of a rule, then those of its only destination. */
export function joinOperations(first: HeaderOperations, second: HeaderOperations): HeaderOperations {
  return {
    requestAdd: [...first.requestAdd, ...second.requestAdd],
    requestRemove: [...first.requestRemove, ...second.requestRemove],
    responseAdd: [...first.responseAdd, ...second.responseAdd],
    responseRemove: [...first.responseRemove, ...second.responseRemove],
    authority: first.authority || second.authority,
  };
}

/** The fields of a Route or ClusterWeight, those that are not empty. */
export function headerFields(operations: HeaderOperations): Json {
  const fields: Record<string, unknown> = {};
  if (operations.requestAdd.length > 0) fields.request_headers_to_add = operations.requestAdd;
  if (operations.requestRemove.length > 0) fields.request_headers_to_remove = operations.requestRemove;
  if (operations.responseAdd.length > 0) fields.response_headers_to_add = operations.responseAdd;
  if (operations.responseRemove.length > 0) fields.response_headers_to_remove = operations.responseRemove;
  return fields;
}

type Values = Readonly<Record<string, string>>;

function added(values: Values, action: string): readonly Json[] {
  return Object.keys(values)
    .filter((name) => !isInternal(name))
    .sort()
    .map((key) => ({ header: { key, value: values[key] }, append_action: action }));
}

function isInternal(name: string): boolean {
  return name.startsWith(":") || name.toLowerCase() === "host";
}

function authorityOf(values: Values): string {
  for (const [name, value] of Object.entries(values)) {
    const lower = name.toLowerCase();
    if (lower === ":authority" || lower === "host") return value;
  }
  return "";
}
