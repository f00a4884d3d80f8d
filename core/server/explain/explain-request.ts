import type { ConnectionFacts } from "../../contract/listener-filter.ts";
import type { Decision } from "../../contract/trace.ts";
import type { Listener } from "../../resources/listener.ts";
import type { BuiltChain, BuiltListener } from "../listener-runtime.ts";
import { explainFilterChain } from "../filter-chain-match.ts";
import { dryRun, type DryRun } from "./dry-run.ts";

/** A request to explain. */
export interface ExplainRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host and port as the client sends them. */
  readonly authority: string;
  /** Of the URL; undefined: it has none. */
  readonly port: number | undefined;
  /** Port of the listener, in place of the URL's. */
  readonly listenerPort?: number | undefined;
  readonly listenerName?: string | undefined;
  /** Path and query. */
  readonly path: string;
  /** As the client sends them, in order. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Bytes of body. */
  readonly bodyBytes: number;
  /** The client's address: an IP. */
  readonly from: string;
  /** By SNI; "": none. */
  readonly serverName: string;
  /** Offered by ALPN. */
  readonly applicationProtocols: readonly string[];
}

/** A listener, and the port that it has (the configuration's may be 0). */
export interface ListenerAt {
  readonly built: BuiltListener;
  readonly port: number;
}

/** How a request is decided about: what all of its courses have in common, then each of them, the likeliest first. */
export interface Explained {
  readonly before: readonly Decision[];
  readonly courses: readonly DryRun[];
  /** More courses than are looked at. */
  readonly more: boolean;
  /** Why the request reaches no filter chain that speaks HTTP; "" when it does. */
  readonly refused: string;
}

/** Courses that are looked at, at most: fractions and weights multiply. */
const MOST_COURSES = 16;
const CLIENT_PORT = 50_000;

/** Decides about a request with the code that routes, and tells how. Nothing is sent, counted or changed. */
export function explainRequest(listeners: readonly ListenerAt[], request: ExplainRequest): Explained {
  const before: Decision[] = [];
  const refuse = (refused: string): Explained => ({ before, courses: [], more: false, refused });
  const found = chooseListener(listeners, request, before);
  if (found === undefined) return refuse(before[before.length - 1].reason);
  const facts = factsOf(request, found);
  const chain = chooseChain(found.built, facts, before);
  if (chain === null) return refuse("no filter chain is for this connection: it is closed");
  const { manager } = chain;
  if (manager === null) return refuse("the filter chain does not speak HTTP: bytes go on as they are");
  const tls = chain.transport !== null;
  if (tls !== (request.scheme === "https")) {
    const reason = tls
      ? "the filter chain wants TLS: a request in plain text fails its handshake"
      : "the filter chain speaks plain text: the first bytes of a TLS handshake are refused as a bad request";
    before.push({ kind: "filter chain", verdict: "ends", subject: chain.name, reason });
    return refuse(reason);
  }
  const courses: DryRun[] = [];
  const scripts: (readonly number[])[] = [[]];
  for (let script = scripts.shift(); script !== undefined && courses.length < MOST_COURSES; script = scripts.shift()) {
    const run = dryRun(manager, facts, request, script, managerOf(found.built, chain));
    courses.push(run);
    scripts.push(...run.course.alternatives);
  }
  courses.sort((a, b) => b.course.probability - a.course.probability);
  return { before, courses, more: scripts.length > 0, refused: "" };
}

function chooseListener(listeners: readonly ListenerAt[], request: ExplainRequest, notes: Decision[]): ListenerAt | undefined {
  const { listenerName, listenerPort, port, scheme } = request;
  const note = (at: ListenerAt, reason: string): ListenerAt => {
    const { built } = at;
    const subject = `${built.name} on ${hostText(built.host)}:${at.port}`;
    notes.push({ kind: "listener", verdict: "chosen", subject, reason, about: built.resource });
    return at;
  };
  const none = (reason: string): undefined => {
    const there = listeners.map(({ built, port: own }) => `${built.name} on ${hostText(built.host)}:${own}`);
    const known =
      there.length === 0 ? "there are no listeners" : `there ${there.length === 1 ? "is" : "are"} ${there.join(", ")}`;
    notes.push({ kind: "listener", verdict: "rejected", subject: "none", reason: `${reason}: ${known}` });
  };
  if (listenerName !== undefined) {
    const named = listeners.find(({ built }) => built.name === listenerName);
    return named === undefined
      ? none(`no listener is called ${JSON.stringify(listenerName)}`)
      : note(named, "it was asked for by name");
  }
  const wanted = listenerPort ?? port ?? (scheme === "https" ? 443 : 80);
  const fitting = listeners.filter((at) => at.port === wanted);
  const source = listenerPort !== undefined ? "asked for" : port !== undefined ? "of the URL" : `of ${scheme}`;
  if (fitting.length > 0) {
    const best = fitting.find(({ built }) => ANY.has(built.host)) ?? fitting[0];
    const others = fitting.length === 1 ? "" : `, the first of ${fitting.length} there`;
    return note(best, `it has the port ${source}${others}`);
  }
  // A name without a port is what a client sends whose port somebody maps: with one listener there is nothing to choose.
  if (listenerPort === undefined && port === undefined) {
    const speaking = listeners.filter(({ built }) =>
      chainsOf(built).some((c) => (c.transport !== null) === (scheme === "https")),
    );
    if (speaking.length === 1) return note(speaking[0], `the URL has no port, and it is the only one for ${scheme}`);
  }
  return none(`no listener has port ${wanted} (${source})`);
}

const ANY: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

function chainsOf(built: BuiltListener): readonly BuiltChain[] {
  return built.defaultChain === null ? built.chains : [...built.chains, built.defaultChain];
}

function chooseChain(built: BuiltListener, facts: ConnectionFacts, notes: Decision[]): BuiltChain | null {
  const resource = built.resource as Partial<Listener>;
  const { index, reasons } = explainFilterChain(
    built.chains.map((chain) => chain.criteria),
    facts,
  );
  built.chains.forEach((chain, i) => {
    const about = resource.filterChains?.[i];
    const verdict = i === index ? "chosen" : "rejected";
    notes.push({
      kind: "filter chain",
      verdict,
      subject: chain.name,
      reason: reasons[i],
      ...(about === undefined ? {} : { about }),
    });
  });
  if (index >= 0) return built.chains[index];
  const about = resource.defaultFilterChain;
  if (built.defaultChain !== null) {
    const reason = built.chains.length === 0 ? "it is the only one" : "none of the others is for this connection";
    notes.push({
      kind: "filter chain",
      verdict: "chosen",
      subject: "default_filter_chain",
      reason,
      ...(about === undefined ? {} : { about }),
    });
  }
  return built.defaultChain;
}

/** What would be known of the connection when its chain is chosen: names and protocols only where a listener filter looks at the handshake. */
function factsOf(request: ExplainRequest, { built, port }: ListenerAt): ConnectionFacts {
  const secure = request.scheme === "https";
  const inspected = built.filters !== null;
  const localAddress = ANY.has(built.host) ? (built.host === "::" ? "::1" : "127.0.0.1") : built.host;
  return {
    remoteAddress: request.from,
    remotePort: CLIENT_PORT,
    localAddress,
    localPort: port,
    directRemoteAddress: request.from,
    directRemotePort: CLIENT_PORT,
    serverName: inspected && secure ? request.serverName : "",
    transportProtocol: inspected && secure ? "tls" : "raw_buffer",
    applicationProtocols: inspected && secure ? request.applicationProtocols : [],
    metadata: undefined,
    filterState: undefined,
  };
}

/** The connection manager's own configuration: the last network filter of the chain. */
function managerOf({ resource, chains }: BuiltListener, chain: BuiltChain): object | undefined {
  const listener = resource as Partial<Listener>;
  const index = chains.indexOf(chain);
  const own = index < 0 ? listener.defaultFilterChain : listener.filterChains?.[index];
  return own?.filters?.at(-1)?.typedConfig;
}

function hostText(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
