import type { Metadata } from "../../../core/resources/base.ts";

/** The part of a `Metadata` that subset balancers look at (`envoy.lb`), or undefined. */
export function lbMetadata(metadata: Metadata | undefined): Readonly<Record<string, unknown>> | undefined {
  return metadata?.filterMetadata["envoy.lb"];
}
