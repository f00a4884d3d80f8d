import type { Cost } from "../lib/wrk.ts";
import type { Peer } from "./peers.ts";

/**
 * Sees that a proxy does its work while it is measured: the upstream gets a request id and the forwarded scheme, the client the service
 * time, and every request is counted. Throws with what is missing.
 */
export async function checkWorkDone(peer: Peer, origin: number, path = "/"): Promise<void> {
  const url = `http://127.0.0.1:${peer.port}`;
  const [direct, through] = await Promise.all([text(`http://127.0.0.1:${origin}${path}`), text(url + path)]);
  if (direct !== through) throw new Error(`${peer.name}: the body is not the origin's`);
  if (peer.admin === undefined) return;
  const counted = await requestsCounted(peer.admin);
  const rounds = 5;
  for (let i = 0; i < rounds; i++) {
    const seen = await fetch(path === "/" ? `${url}/seen` : url + path);
    await seen.arrayBuffer();
    if (path === "/" && !/^id=[0-9a-f-]{36} proto=http/.test(seen.headers.get("x-seen") ?? "")) {
      throw new Error(`${peer.name}: the upstream saw ${seen.headers.get("x-seen")}`);
    }
    if (seen.headers.get("x-envoy-upstream-service-time") === null)
      throw new Error(`${peer.name}: no x-envoy-upstream-service-time`);
  }
  const grown = (await requestsCounted(peer.admin)) - counted;
  if (grown !== rounds) throw new Error(`${peer.name}: http.main.downstream_rq_total grew by ${grown}, not ${rounds}`);
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/**
 * Sees that a proxy counted every request that a load made while it was measured and, where each had a connection of its own, that
 * these were accepted: a load that silently kept its connections would measure something else.
 */
export async function whileCounting(peer: Peer, freshConnections: boolean, load: () => Promise<Cost>): Promise<Cost> {
  if (peer.admin === undefined) return load();
  const before = await counts(peer.admin);
  const cost = await load();
  const after = await counts(peer.admin);
  const requests = after.requests - before.requests;
  const connections = after.connections - before.connections;
  if (requests < cost.requests) throw new Error(`${peer.name} counted ${requests} of ${cost.requests} requests`);
  if (freshConnections && connections < cost.requests)
    throw new Error(`${peer.name} took ${connections} connections for ${cost.requests} requests`);
  return cost;
}

async function requestsCounted(admin: number): Promise<number> {
  return (await counts(admin)).requests;
}

async function counts(admin: number): Promise<{ requests: number; connections: number }> {
  const stats = await text(`http://127.0.0.1:${admin}/stats`);
  const of = (name: string): number => Number(new RegExp(`^http\\.main\\.${name}: (\\d+)$`, "m").exec(stats)?.[1] ?? 0);
  return { requests: of("downstream_rq_total"), connections: of("downstream_cx_total") };
}
