import type { Destination, HTTPRouteDestination, Percent, RouteDestination } from "../schema/virtual-service.ts";
import { checkHeaders } from "./headers.ts";
import { isDnsLabel, portProblem, wildcardDomainProblem } from "./names.ts";
import type { Path, Report } from "./report.ts";
import { check } from "./shared.ts";

/** Istio: `validateDestination`. */
export function checkDestination(destination: Destination, report: Report): void {
  const { host, subset, port } = destination;
  if (host === "*") report.error(destination, ["host"], 'found "*", wanted the name of a service');
  else check(report, destination, ["host"], wildcardDomainProblem(host));
  if (subset !== undefined && !isDnsLabel(subset))
    report.error(destination, ["subset"], `found "${subset}", wanted the name of a subset: letters, digits and "-"`);
  if (port !== undefined) check(report, destination, ["port", "number"], portProblem(port.number));
}

/** Destinations that share traffic by weight. `owner` has them as `route`. Istio: `validateHTTPRouteDestinations`, `validateRouteDestinations`. */
export function checkRoutes(routes: readonly (HTTPRouteDestination | RouteDestination)[], owner: object, report: Report): void {
  let total = 0;
  for (const route of routes) {
    if ("headers" in route) checkHeaders(report, route, route.headers);
    checkDestination(route.destination, report);
    if (route.weight < 0) report.error(route, ["weight"], `found ${route.weight}, wanted a weight of at least 0`, "out_of_range");
    total += route.weight;
  }
  if (routes.length > 1 && total === 0) {
    const message = `found ${routes.length} destinations whose weights sum to 0, wanted a weight above 0`;
    report.error(owner, ["route"], message, "out_of_range");
  }
  if (total > 4_294_967_295) {
    const message = `found weights that sum to ${total}, wanted at most 4294967295`;
    report.error(owner, ["route"], message, "out_of_range");
  }
}

/** A percentage from 0 to 100; `fine`: the least one above 0. Istio: `validatePercentage`. */
export function checkPercent(report: Report, at: object, path: Path, percent: Percent | undefined, fine = 0): void {
  if (percent === undefined) return;
  const { value } = percent;
  if (value >= 0 && value <= 100 && (value === 0 || value >= fine)) return;
  const wanted = fine > 0 ? `0, or a percentage from ${fine} to 100` : "a percentage from 0 to 100";
  report.error(at, [...path, "value"], `found ${value}, wanted ${wanted}`, "out_of_range");
}
