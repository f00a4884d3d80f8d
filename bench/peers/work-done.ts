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

async function requestsCounted(admin: number): Promise<number> {
  const stats = await text(`http://127.0.0.1:${admin}/stats`);
  return Number(/^http\.main\.downstream_rq_total: (\d+)$/m.exec(stats)?.[1] ?? 0);
}
