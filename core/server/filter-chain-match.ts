import type { ConnectionFacts } from "../contract/listener-filter.ts";

/** What a filter chain may be chosen by. Absent = matches everything. Source: Envoy, FilterChainMatch. */
export interface ChainCriteria {
  readonly destinationPort?: number;
  readonly prefixRanges: readonly Cidr[];
  readonly serverNames: readonly string[];
  readonly transportProtocol: string;
  readonly applicationProtocols: readonly string[];
  readonly directSourcePrefixRanges: readonly Cidr[];
  readonly sourceType: "ANY" | "SAME_IP_OR_LOOPBACK" | "EXTERNAL";
  readonly sourcePrefixRanges: readonly Cidr[];
  readonly sourcePorts: readonly number[];
}

/** A range of addresses. */
export interface Cidr {
  readonly bytes: readonly number[];
  readonly length: number;
}

/** What of a connection its chain is chosen by. */
export type ChainFacts = Pick<
  ConnectionFacts,
  | "remoteAddress"
  | "remotePort"
  | "localAddress"
  | "localPort"
  | "directRemoteAddress"
  | "serverName"
  | "transportProtocol"
  | "applicationProtocols"
>;

/** Bytes of an IPv4 or IPv6 address; undefined if it is neither. */
export function addressBytes(ip: string): number[] | undefined {
  if (!ip.includes(":")) {
    const parts = ip.split(".");
    if (parts.length !== 4) return undefined;
    const bytes = parts.map((p) => (/^\d{1,3}$/.test(p) && Number(p) < 256 ? Number(p) : -1));
    return bytes.includes(-1) ? undefined : bytes;
  }
  let text = ip;
  const tail: number[] = [];
  const dot = text.indexOf(".");
  if (dot >= 0) {
    const from = text.lastIndexOf(":") + 1;
    const v4 = addressBytes(text.slice(from));
    if (v4 === undefined || v4.length !== 4) return undefined;
    tail.push(...v4);
    text = text.slice(0, from) + "0:0";
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const words = (half: string): string[] => (half === "" ? [] : half.split(":"));
  const left = words(halves[0]);
  const right = halves.length === 2 ? words(halves[1]) : [];
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 0 : missing !== 0) return undefined;
  const all = halves.length === 2 ? [...left, ...new Array<string>(missing).fill("0"), ...right] : left;
  const bytes: number[] = [];
  for (const word of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(word)) return undefined;
    const value = Number.parseInt(word, 16);
    bytes.push(value >> 8, value & 255);
  }
  if (tail.length > 0) bytes.splice(12, 4, ...tail);
  return bytes;
}

/** Whether the range holds the address. */
export function cidrContains(cidr: Cidr, address: readonly number[]): boolean {
  if (cidr.bytes.length !== address.length) return false;
  const whole = cidr.length >> 3;
  for (let i = 0; i < whole; i++) if (cidr.bytes[i] !== address[i]) return false;
  const rest = cidr.length & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return (cidr.bytes[whole] & mask) === (address[whole] & mask);
}

/** Length of the longest range that holds the address, plus one; 0: the criterion is absent; -1: it does not match. */
function rangeRank(ranges: readonly Cidr[], ip: string): number {
  if (ranges.length === 0) return 0;
  const bytes = addressBytes(ip);
  if (bytes === undefined) return -1;
  let best = -1;
  for (const range of ranges) if (cidrContains(range, bytes)) best = Math.max(best, range.length + 1);
  return best;
}

/** Exact beats the longest suffix wildcard (`*.example.com`), that beats none. */
function nameRank(names: readonly string[], name: string): number {
  if (names.length === 0) return 0;
  let best = -1;
  for (const candidate of names) {
    if (candidate.startsWith("*.")) {
      if (name.length > candidate.length - 1 && name.endsWith(candidate.slice(1))) best = Math.max(best, candidate.length);
    } else if (candidate === name) return 1_000;
  }
  return best;
}

function sourceTypeRank(type: ChainCriteria["sourceType"], facts: ChainFacts): number {
  if (type === "ANY") return 0;
  const local =
    facts.remoteAddress === facts.localAddress ||
    facts.remoteAddress.startsWith("127.") ||
    facts.remoteAddress === "::1" ||
    facts.remoteAddress === "";
  return (type === "SAME_IP_OR_LOOPBACK") === local ? 1 : -1;
}

/** What a chain may be chosen by. */
interface Criterion {
  /** Its field in `filter_chain_match`. */
  readonly field: string;
  /** How specific the chain is in it; 0: it does not say, -1: it does not match. */
  rank(c: ChainCriteria, f: ChainFacts): number;
  /** In words, for `explain`. */
  wanted(c: ChainCriteria): string;
  found(f: ChainFacts): string;
}

/** The criteria in Envoy's order: each keeps only the most specific of those that the ones before it kept. There is no way back. */
const CRITERIA: readonly Criterion[] = [
  {
    field: "destination_port",
    rank: (c, f) => (c.destinationPort === undefined ? 0 : c.destinationPort === f.localPort ? 1 : -1),
    wanted: (c) => String(c.destinationPort),
    found: (f) => String(f.localPort),
  },
  {
    field: "prefix_ranges",
    rank: (c, f) => rangeRank(c.prefixRanges, f.localAddress),
    wanted: (c) => rangesText(c.prefixRanges),
    found: (f) => f.localAddress,
  },
  {
    field: "server_names",
    rank: (c, f) => nameRank(c.serverNames, f.serverName),
    wanted: (c) => c.serverNames.join(", "),
    found: (f) => (f.serverName === "" ? "no server name" : f.serverName),
  },
  {
    field: "transport_protocol",
    rank: (c, f) => (c.transportProtocol === "" ? 0 : c.transportProtocol === f.transportProtocol ? 1 : -1),
    wanted: (c) => c.transportProtocol,
    found: (f) => f.transportProtocol,
  },
  {
    field: "application_protocols",
    rank: (c, f) =>
      c.applicationProtocols.length === 0 ? 0 : c.applicationProtocols.some((p) => f.applicationProtocols.includes(p)) ? 1 : -1,
    wanted: (c) => c.applicationProtocols.join(", "),
    found: (f) => f.applicationProtocols.join(", ") || "none",
  },
  {
    field: "direct_source_prefix_ranges",
    rank: (c, f) => rangeRank(c.directSourcePrefixRanges, f.directRemoteAddress),
    wanted: (c) => rangesText(c.directSourcePrefixRanges),
    found: (f) => f.directRemoteAddress,
  },
  {
    field: "source_type",
    rank: (c, f) => sourceTypeRank(c.sourceType, f),
    wanted: (c) => c.sourceType,
    found: (f) => `a client at ${f.remoteAddress}`,
  },
  {
    field: "source_prefix_ranges",
    rank: (c, f) => rangeRank(c.sourcePrefixRanges, f.remoteAddress),
    wanted: (c) => rangesText(c.sourcePrefixRanges),
    found: (f) => f.remoteAddress,
  },
  {
    field: "source_ports",
    rank: (c, f) => (c.sourcePorts.length === 0 ? 0 : c.sourcePorts.includes(f.remotePort) ? 1 : -1),
    wanted: (c) => c.sourcePorts.join(", "),
    found: (f) => String(f.remotePort),
  },
];

/** Index of the chain for a connection, or -1 (then the default chain serves, if there is one). */
export function chooseFilterChain(chains: readonly ChainCriteria[], facts: ChainFacts): number {
  return choose(chains, facts, null);
}

/** Why a chain was not taken, in words; called once for each that was not. */
type TellMiss = (index: number, reason: string) => void;

/** As `chooseFilterChain`, telling of each other chain why it was not taken. */
export function explainFilterChain(
  chains: readonly ChainCriteria[],
  facts: ChainFacts,
): { readonly index: number; readonly reasons: readonly string[] } {
  const reasons = chains.map((chain) => {
    const said = CRITERIA.filter((one) => one.rank(chain, facts) !== 0).map((one) => `${one.field} ${one.wanted(chain)}`);
    return said.length === 0 ? "takes every connection" : `wants ${said.join(" and ")}: so it is`;
  });
  const index = choose(chains, facts, (missed, reason) => (reasons[missed] = reason));
  return { index, reasons };
}

function choose(chains: readonly ChainCriteria[], facts: ChainFacts, tell: TellMiss | null): number {
  let left = chains.map((_, index) => index);
  for (const criterion of CRITERIA) {
    let best = -1;
    let kept: number[] = [];
    for (const index of left) {
      const value = criterion.rank(chains[index], facts);
      if (value < 0 || value < best) continue;
      if (value > best) {
        best = value;
        kept = [];
      }
      kept.push(index);
    }
    if (tell !== null)
      for (const index of left) if (!kept.includes(index)) tell(index, missReason(criterion, chains[index], facts));
    if (kept.length === 0) return -1;
    left = kept;
  }
  return left[0];
}

function missReason(criterion: Criterion, chain: ChainCriteria, facts: ChainFacts): string {
  const rank = criterion.rank(chain, facts);
  if (rank < 0) return `wanted ${criterion.field} ${criterion.wanted(chain)}, found ${criterion.found(facts)}`;
  const own = rank === 0 ? `says nothing of ${criterion.field}` : `fits by ${criterion.field} ${criterion.wanted(chain)}`;
  return `${own}, and another is more specific`;
}

function rangesText(ranges: readonly Cidr[]): string {
  return ranges.map(({ bytes, length }) => `${addressText(bytes)}/${length}`).join(", ");
}

function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 2) words.push(((bytes[i] << 8) | bytes[i + 1]).toString(16));
  return words.join(":");
}

/** Whether a chain matches whatever comes: then nothing needs to be known of the connection. */
export function matchesEverything(c: ChainCriteria): boolean {
  return (
    c.destinationPort === undefined &&
    c.prefixRanges.length === 0 &&
    c.serverNames.length === 0 &&
    c.transportProtocol === "" &&
    c.applicationProtocols.length === 0 &&
    c.directSourcePrefixRanges.length === 0 &&
    c.sourceType === "ANY" &&
    c.sourcePrefixRanges.length === 0 &&
    c.sourcePorts.length === 0
  );
}
