import type { HeaderMap } from "../core/contract/headers.ts";
import type { Route } from "../core/contract/route.ts";
import type { HttpStream } from "../core/contract/stream.ts";
import type { CorsPolicy } from "../core/resources/cors-policy.ts";

/** The part of a route that the contract leaves to whoever compiled it (plugins/routing): where the request goes. */
interface ActingRoute extends Route {
  readonly action?: string;
  readonly cors?: CorsPolicy;
  selectCluster?(stream: HttpStream, headers: HeaderMap): { readonly cluster: string };
}

/** Whether the route sends requests to a cluster, rather than redirect or answer them itself. */
export function hasUpstreamAction(route: Route): boolean {
  return (route as ActingRoute).action === "route";
}

/** The cluster that this request goes to by its route, "" when there is none. The choice among weighted ones is the same at each asking. */
export function routeCluster(stream: HttpStream, headers: HeaderMap): string {
  const route = stream.route as ActingRoute | null;
  if (route === null || !hasUpstreamAction(route)) return "";
  return route.selectCluster?.(stream, headers).cluster ?? "";
}

/** The CORS policy in its deprecated place: the field `cors` of the route, else of its virtual host. */
export function deprecatedCors(route: Route): CorsPolicy | undefined {
  return (route as ActingRoute).cors;
}
