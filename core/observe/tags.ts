/** A tag's name (Envoy's, with dots: "envoy.cluster_name") and value. */
export type Tag = readonly [name: string, value: string];

/**
 * Finds a tag in a full name. The first group of `pattern` is cut out of the name, the second, or the first if there is only
 * one, is the value: as `TagSpecifier.regex` of Envoy's `stats_config.stats_tags`.
 */
export interface TagRule {
  readonly tag: string;
  readonly find: (name: string) => TagMatch | undefined;
}
/** What a rule found in the name of a series. */
export interface TagMatch {
  readonly value: string;
  /** What is cut out of the name: [start, end). */
  readonly start: number;
  readonly end: number;
}

/**
 * Envoy's well-known tags ("Statistics", `config/well_known_names.cc`) in the order in which it prints them. `hint` is a
 * substring without which the pattern can't match: most names are done without running it.
 */
const WELL_KNOWN: ReadonlyArray<readonly [tag: string, hint: string, pattern: RegExp]> = [
  ["envoy.response_code", "_rq_", /_rq(_(\d{3}))$/d],
  ["envoy.response_code_class", "_rq_", /_rq_((\d))xx$/d],
  ["envoy.grpc_bridge_method", ".grpc.", /^cluster\..*?\.grpc\..*\.(([^.]*)\.)\w+$/d],
  ["envoy.http_user_agent", ".user_agent.", /^http\..*?\.user_agent\.(([^.]*)\.)\w+$/d],
  ["envoy.virtual_cluster", ".vcluster.", /^vhost\..*?\.vcluster\.(([^.]*)\.)\w+$/d],
  ["envoy.fault_downstream_cluster", ".fault.", /^http\..*?\.fault\.(([^.]*)\.)\w+$/d],
  ["envoy.ssl_cipher", ".ssl.cipher.", /^listener\..*?\.ssl\.cipher(\.(.*))$/d],
  ["envoy.cipher_suite", ".ssl.ciphers.", /^cluster\..*?\.ssl\.ciphers(\.(.*))$/d],
  ["envoy.grpc_bridge_service", ".grpc.", /^cluster\..*?\.grpc\.(([^.]*)\.)/d],
  ["envoy.tcp_prefix", "tcp.", /^tcp\.((.*?)\.)\w+$/d],
  ["envoy.udp_prefix", "udp.", /^udp\.((.*?)\.)\w+$/d],
  ["envoy.ratelimit_prefix", "ratelimit.", /^ratelimit\.((.*?)\.)\w+$/d],
  ["envoy.cluster_name", "cluster.", /^cluster\.(([^.]+)\.)/d],
  ["envoy.http_conn_manager_prefix", "http.", /^(?:listener\..*?\.)?http\.(([^.]*)\.)/d],
  [
    "envoy.worker_id",
    "worker_",
    /^(?:listener|server|thread_local_cluster_manager|listener_manager)\.(?:.*\.)?worker_((\d+)\.)/d,
  ],
  ["envoy.listener_address", "listener.", /^listener\.(([_.\d]*|[_[\]a-fA-F\d]*)\.)/d],
  ["envoy.virtual_host", "vhost.", /^vhost\.((.*?)\.)/d],
  ["envoy.rds_route_config", ".rds.", /^http\..*?\.rds\.((.*?)\.)\w+$/d],
  ["envoy.local_http_ratelimit_prefix", ".http_local_rate_limit", /^((.*?)\.)http_local_rate_limit\.\w+$/d],
];

const ORDER: ReadonlyMap<string, number> = new Map(WELL_KNOWN.map(([tag], i) => [tag, i]));

/** Whether a tag is one of Envoy's well-known ones, which `use_all_default_tags: false` turns off. */
export function isWellKnownTag(tag: string): boolean {
  return ORDER.has(tag);
}

/** Makes a rule of a pattern made with the `d` flag. */
export function tagRule(tag: string, pattern: RegExp): TagRule {
  return { tag, find: (name) => matchOf(pattern.exec(name)) };
}

function matchOf(match: RegExpExecArray | null): TagMatch | undefined {
  const cut = match?.indices?.[1];
  if (match === null || cut === undefined) return undefined;
  return { value: match[2] ?? match[1], start: cut[0], end: cut[1] };
}

/** A tag that was found in a name, and what is cut out of the name for it. */
export interface FoundTag extends TagMatch {
  readonly tag: string;
}

/** Looks for tags in a name: the well-known ones, unless `defaults` is false, and those of `rules`; but for `known` ones. */
export function findTags(name: string, known: readonly string[], defaults: boolean, rules: readonly TagRule[]): FoundTag[] {
  const found: FoundTag[] = [];
  const add = (tag: string, match: TagMatch | undefined): void => {
    if (match !== undefined) found.push({ tag, ...match });
  };
  const wanted = (tag: string): boolean => !known.includes(tag) && !found.some((one) => one.tag === tag);
  if (defaults) {
    for (const [tag, hint, pattern] of WELL_KNOWN) if (name.includes(hint) && wanted(tag)) add(tag, matchOf(pattern.exec(name)));
  }
  for (const rule of rules) if (wanted(rule.tag)) add(rule.tag, rule.find(name));
  return found;
}

/** Envoy's order; tags that it does not know come last, in the order in which they were given. */
export function sortTags(tags: Tag[]): Tag[] {
  return tags.sort((a, b) => (ORDER.get(a[0]) ?? WELL_KNOWN.length) - (ORDER.get(b[0]) ?? WELL_KNOWN.length));
}

/** A name without the pieces `[start, end, ...]`, which may overlap. */
export function cut(name: string, ranges: readonly number[]): string {
  if (ranges.length === 0) return name;
  if (ranges.length === 2) return name.slice(0, ranges[0]) + name.slice(ranges[1]);
  const keep = new Uint8Array(name.length).fill(1);
  for (let i = 0; i < ranges.length; i += 2) keep.fill(0, ranges[i], ranges[i + 1]);
  let out = "";
  for (let i = 0; i < name.length; i++) if (keep[i] === 1) out += name[i];
  return out;
}
