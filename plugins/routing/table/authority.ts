import type { HeaderMap } from "../../../core/contract/headers.ts";
import { isHeaderValue } from "./header-mutations.ts";

/**
 * Replaces the authority. `keepOriginal` puts the old one into `x-envoy-original-host`; `appendForwardedHost` appends it to `x-forwarded-host` unless it is the
 * last one there. Envoy: "x-envoy-original-host", `append_x_forwarded_host`. What no header may hold is not set.
 */
export function updateAuthority(headers: HeaderMap, hostname: string, appendForwardedHost: boolean, keepOriginal: boolean): void {
  if (!isHeaderValue(hostname)) return;
  const old = headers.authority;
  if (old !== "") {
    if (keepOriginal) headers.set("x-envoy-original-host", old);
    if (appendForwardedHost) {
      const list = headers.getJoined("x-forwarded-host");
      if (list === undefined || list === "") headers.set("x-forwarded-host", old);
      else if (list.slice(list.lastIndexOf(",") + 1) !== old) headers.set("x-forwarded-host", `${list},${old}`);
    }
  }
  headers.authority = hostname;
}
