import type { Cluster } from "../contract/cluster.ts";
import type { StreamInfo } from "../contract/stream.ts";

/** Reads a value off a stream as a byte string; undefined when there is none. Never throws. */
export type Read = (info: StreamInfo) => string | undefined;

/** An operator with its argument, ready to be asked. */
export interface Operator {
  readonly read: Read;
  /**
   * What the value is in JSON: "string" is escaped and quoted; "plain" needs no escaping; "number" stands as it is; a function gives
   * the JSON text itself.
   */
  readonly json: "string" | "plain" | "number" | Read;
  /** Known when the format is compiled, and the same for ever. */
  readonly constant?: string;
}

/** A command of the format language, such as `REQ`. */
export interface Command {
  readonly argument: "none" | "optional" | "required";
  /** Whether `:Z`, a maximum length, may follow. */
  readonly length: boolean;
  /** Gives the operator, or what is wrong with the argument. `maxLength` is only for those that don't truncate alike in JSON. */
  readonly make: (argument: string, options: FormatOptions, maxLength: number) => Operator | string;
}

/** What a format is compiled with. */
export interface FormatOptions {
  /** `omit_empty_values`: absent values become "" in text, and vanish from JSON objects and arrays. Default false: "-" and null. */
  readonly omitEmptyValues?: boolean;
  /** For `%UPSTREAM_CLUSTER%` (`alt_stat_name`) and `%CLUSTER_METADATA%`. Without it the name is the cluster's own. */
  readonly clusters?: { get(name: string): Cluster | undefined };
  /** Commands beside the built-in ones (Envoy's formatter extensions, `LOCAL_REPLY_BODY`). They win over the built-in ones. */
  readonly commands?: ReadonlyMap<string, Command>;
}

/** A value that is text and may hold anything that a header may. */
export function stringOperator(read: Read): Operator {
  return { read, json: "string" };
}

/** A value that needs no escaping in JSON: an address, a token, a name of ours. */
export function plainOperator(read: Read): Operator {
  return { read, json: "plain" };
}

/** A number. A negative one, or NaN, is no value. */
export function numberOperator(read: (info: StreamInfo) => number): Operator {
  return {
    read: (info) => {
      const n = read(info);
      return n >= 0 ? String(n) : undefined;
    },
    json: "number",
  };
}

/** A value known now. */
export function constantOperator(constant: string): Operator {
  return { read: () => constant, json: "string", constant };
}
