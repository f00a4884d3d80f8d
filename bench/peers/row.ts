import type { Mesh } from "../../test/lib/bootstrap.ts";
import { absence, startFromBootstrap } from "./peers.ts";
import type { Peer, PeerName } from "./peers.ts";
import { target } from "./report.ts";
import type { RowReport, Target } from "./report.ts";

/** What a row is measured with. */
export interface RowOptions {
  origin: number;
  seconds: number;
  rounds: number;
  /** Requests a second that the latency row offers. */
  rate: number;
  /** Peers that take part. */
  only: readonly PeerName[];
}

/** A row of the report. */
export interface Row {
  id: string;
  measure(options: RowOptions): Promise<RowReport>;
}

/** Peers that run an Envoy bootstrap. */
export const FROM_BOOTSTRAP = ["Envoy", "Isthmus on Node", "Isthmus on Deno"] as const;
export type Bootstrapped = (typeof FROM_BOOTSTRAP)[number];

/** Starts those that are there, runs `work`, stops them. */
export async function among<T>(
  options: RowOptions,
  starts: readonly (readonly [PeerName, () => Promise<Peer>])[],
  work: (peers: Peer[], absent: string[]) => Promise<T>,
): Promise<T> {
  const peers: Peer[] = [];
  const absent: string[] = [];
  try {
    for (const [name, start] of starts) {
      if (!options.only.includes(name)) continue;
      const reason = absence(name);
      if (reason === undefined) peers.push(await start());
      else absent.push(reason);
    }
    return await work(peers, absent);
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
}

/** Those that run an Envoy bootstrap, each with its own or all with the same. */
export const bootstrapped = (
  config: (name: Bootstrapped) => Mesh,
  ready?: Parameters<typeof startFromBootstrap>[2],
): (readonly [PeerName, () => Promise<Peer>])[] =>
  FROM_BOOTSTRAP.map((name) => [name, () => startFromBootstrap(name, config(name), ready)] as const);

/** Ratios of Isthmus to Envoy as targets, where both were measured. */
export function toEnvoy(
  what: string,
  ratio: (name: PeerName) => number,
  has: (name: PeerName) => boolean,
  onNode: number,
  onDeno?: number,
): Target[] {
  const targets: Target[] = [];
  if (!has("Envoy")) return targets;
  if (has("Isthmus on Node")) targets.push(target(`${what}, Node, times Envoy`, ratio("Isthmus on Node"), onNode));
  if (has("Isthmus on Deno") && onDeno !== undefined)
    targets.push(target(`${what}, Deno, times Envoy`, ratio("Isthmus on Deno"), onDeno));
  return targets;
}
