import { HeaderAppendAction, HeaderValueOption } from "../base.ts";
import { StringMatcher } from "../matchers.ts";
import type { Infer } from "../schema/index.ts";
import { bool, headerName, list, message, required, string, unsupported, value } from "../schema/index.ts";

/** One change of headers: exactly one is set. */
export const HeaderMutationRule = message(
  "envoy.config.common.mutation_rules.v3.HeaderMutation",
  {
    /** Name of the header to remove. */
    remove: headerName(),
    append: HeaderValueOption,
    /** Removes every header whose name matches. */
    removeOnMatch: message("envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch", {
      keyMatcher: required(StringMatcher),
    }),
  },
  { oneofs: [{ name: "action", fields: ["remove", "append", "removeOnMatch"], required: true }] },
);
export type HeaderMutationRule = Infer<typeof HeaderMutationRule>;

/** One change of the query. */
export const KeyValueMutation = message("envoy.config.core.v3.KeyValueMutation", {
  append: message("envoy.config.core.v3.KeyValueAppend", {
    record: message("envoy.config.core.v3.KeyValuePair", {
      key: string({ minLength: 1, maxBytes: 16_384, required: true }),
      /** Text; may hold substitutions. */
      value: value(),
    }),
    entry: unsupported("deprecated; use record"),
    /** Default APPEND_IF_EXISTS_OR_ADD. */
    action: HeaderAppendAction,
  }),
  /** Name of the parameter to remove. Default "": none. */
  remove: string({ default: "", maxBytes: 16_384 }),
});
export type KeyValueMutation = Infer<typeof KeyValueMutation>;

/** Changes in order. */
export const Mutations = message("envoy.extensions.filters.http.header_mutation.v3.Mutations", {
  requestMutations: list(HeaderMutationRule),
  queryParameterMutations: list(KeyValueMutation),
  responseMutations: list(HeaderMutationRule),
  responseTrailersMutations: list(HeaderMutationRule),
  requestTrailersMutations: list(HeaderMutationRule),
});
export type Mutations = Infer<typeof Mutations>;

/** Header mutation, `envoy.filters.http.header_mutation`. */
export const HeaderMutation = message("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
  mutations: Mutations,
  /** Order of the levels' mutations. Default false: the most specific first. */
  mostSpecificHeaderMutationsWins: bool({ default: false }),
});
export type HeaderMutation = Infer<typeof HeaderMutation>;

/** Its configuration for a route. */
export const HeaderMutationPerRoute = message("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {
  mutations: Mutations,
});
export type HeaderMutationPerRoute = Infer<typeof HeaderMutationPerRoute>;
