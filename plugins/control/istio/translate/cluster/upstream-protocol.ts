import { isHttp, isHttp2, type Protocol } from "../../protocol.ts";
import type { HTTPSettings } from "../../schema/destination-rule.ts";

/** What a cluster speaks: HTTP/1.1, HTTP/2 with prior knowledge (or `h2` by ALPN), or what the client spoke. */
export type UpstreamProtocol = "http1" | "http2" | "downstream";

/**
 * By the port's protocol (undefined: it has none), the connection settings that hold for it, and what the mesh says of upgrades.
 *
 * A port of HTTP/2 stays one whatever is said of upgrades. UPGRADE in a DestinationRule is believed of any port; the mesh's is for ports that are known
 * to be of HTTP. A gateway guesses no protocol: its clients come by HTTP/2 because TLS offers it, which tells nothing of the upstream.
 * Istio: `setUpstreamProtocol`, `shouldH2Upgrade`.
 */
export function upstreamProtocol(
  protocol: Protocol | undefined,
  settings: HTTPSettings | undefined,
  meshPolicy: "DO_NOT_UPGRADE" | "UPGRADE",
): UpstreamProtocol {
  if (settings?.useClientProtocol === true) return "downstream";
  if (isHttp2(protocol)) return "http2";
  const policy = settings?.h2UpgradePolicy ?? "DEFAULT";
  const upgrade = policy === "DEFAULT" ? meshPolicy === "UPGRADE" && isHttp(protocol) : policy === "UPGRADE";
  return upgrade ? "http2" : "http1";
}
