import type { Destination, VirtualService } from "../schema/virtual-service.ts";

/** A destination of a VirtualService. */
export interface FoundDestination {
  readonly destination: Destination;
  /** It gets copies only. */
  readonly mirror: boolean;
}

/** All destinations of a VirtualService, in the order of its routes. */
export function destinationsOf({ spec }: VirtualService): FoundDestination[] {
  const found: FoundDestination[] = [];
  for (const route of spec.http) {
    for (const { destination } of route.route) found.push({ destination, mirror: false });
    if (route.mirror !== undefined) found.push({ destination: route.mirror, mirror: true });
    for (const { destination } of route.mirrors) found.push({ destination, mirror: true });
  }
  for (const route of [...spec.tls, ...spec.tcp]) {
    for (const { destination } of route.route) found.push({ destination, mirror: false });
  }
  return found;
}
