import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import { compileRuntimeFraction, type Fraction } from "../../../core/match/fraction.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { RequestMirrorPolicy } from "../../../core/resources/route-action.ts";
import type { MirrorView } from "../../router/router-route.ts";

/** A compiled `RequestMirrorPolicy`. */
export class MirrorPolicy implements MirrorView {
  /** The cluster that stands in the configuration, or "" when a header names it. */
  readonly clusterName: string;
  readonly #clusterHeader: string;
  /** null: every request. */
  readonly #fraction: Fraction | null;
  /** The copy's host gets `-shadow` appended (before its port). */
  readonly appendShadowSuffix: boolean;
  /** The copy's host; "" keeps the request's. */
  readonly hostRewrite: string;
  readonly resource: RequestMirrorPolicy;

  constructor(config: RequestMirrorPolicy, fraction: Fraction | null) {
    this.clusterName = config.cluster ?? "";
    this.#clusterHeader = config.clusterHeader ?? "";
    this.#fraction = fraction;
    this.hostRewrite = toWire(config.hostRewriteLiteral);
    this.appendShadowSuffix = !config.disableShadowHostSuffixAppend && this.hostRewrite === "";
    this.resource = config;
  }

  /** The cluster to send a copy to; "" when the header that has to name it is missing. */
  cluster(headers: HeaderMap): string {
    return this.#clusterHeader === "" ? this.clusterName : (headers.get(this.#clusterHeader) ?? "");
  }

  /** Whether this request is copied. Each call draws anew. */
  draw(): boolean {
    return this.#fraction === null || this.#fraction.match(Math.floor(Math.random() * 0x1_0000_0000));
  }

  share(): { readonly count: number; readonly of: number } {
    return this.#fraction === null ? { count: 1, of: 1 } : this.#fraction.share();
  }
}

/** Compiles mirror policies. */
export function compileMirrorPolicies(configs: readonly RequestMirrorPolicy[], runtime: RuntimeReader): readonly MirrorPolicy[] {
  return configs.map((config) => {
    return new MirrorPolicy(
      config,
      config.runtimeFraction === undefined ? null : compileRuntimeFraction(config.runtimeFraction, runtime),
    );
  });
}
