import { nearest } from "../../../../core/resources/schema/names.ts";
import { fullHostname } from "../hostname.ts";
import { serviceHostname, type Mesh } from "../mesh.ts";
import type { Service } from "../schema/service.ts";
import type { ServiceEntry } from "../schema/service-entry.ts";

/** A host of the registry: what a Service or a ServiceEntry gives a name to. */
export interface RegistryHost {
  readonly hostname: string;
  readonly ports: readonly number[];
  readonly object: Service | ServiceEntry;
  /** Namespaces that see it; "*" is all. */
  readonly scopes: readonly string[];
}

/** The hosts that destinations may name, by full name. */
export class HostIndex {
  readonly #mesh: Mesh;
  readonly #exact = new Map<string, RegistryHost[]>();
  readonly #wildcards: RegistryHost[] = [];
  #names: readonly string[] | undefined;
  /** Files have the same wrong name many times, and looking costs as much as there are names. */
  readonly #nearest = new Map<string, string | undefined>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    for (const service of mesh.services) {
      const annotation = service.annotations["networking.istio.io/exportTo"] as string | undefined;
      const exportTo = annotation === undefined ? [] : annotation.split(",").map((scope) => scope.trim());
      this.#add({
        hostname: serviceHostname(service, mesh.domain),
        ports: service.spec.ports.map(({ port }) => port),
        object: service,
        scopes: scopesOf(exportTo, service.namespace),
      });
    }
    for (const entry of mesh.serviceEntries) {
      const scopes = scopesOf(entry.spec.exportTo, entry.namespace);
      const ports = entry.spec.ports.map(({ number }) => number);
      for (const host of entry.spec.hosts)
        this.#add({ hostname: fullHostname(host, entry.namespace, mesh.domain), ports, object: entry, scopes });
    }
  }

  #add(host: RegistryHost): void {
    const list = this.#exact.get(host.hostname);
    if (list === undefined) this.#exact.set(host.hostname, [host]);
    else list.push(host);
    if (host.hostname.startsWith("*")) this.#wildcards.push(host);
  }

  /** What an object of that namespace means by a host; `exportTo`: that of the object, whose routes others follow. */
  find(host: string, namespace: string, exportTo: readonly string[] = []): RegistryHost | undefined {
    const name = fullHostname(host, namespace, this.#mesh.domain);
    const from = new Set([namespace, ...exportTo.map((scope) => (scope === "." ? namespace : scope))]);
    const visible = (candidate: RegistryHost): boolean => candidate.scopes.some((scope) => scope === "*" || from.has(scope));
    return (
      this.#exact.get(name)?.find(visible) ??
      this.#wildcards.find((candidate) => name.replace(/^\*/, "").endsWith(candidate.hostname.slice(1)) && visible(candidate))
    );
  }

  /** All names without wildcard. */
  names(): readonly string[] {
    return (this.#names ??= [...this.#exact.keys()].filter((name) => !name.startsWith("*")));
  }

  /** The name that was probably meant by one that is not there. */
  nearest(name: string): string | undefined {
    if (!this.#nearest.has(name)) this.#nearest.set(name, nearest(name, this.names(), 2));
    return this.#nearest.get(name);
  }
}

/** Who sees an object. Unset is everybody. */
export function scopesOf(exportTo: readonly string[], namespace: string): readonly string[] {
  if (exportTo.length === 0 || exportTo.includes("*")) return ["*"];
  return [...new Set(exportTo.map((scope) => (scope === "." ? namespace : scope)))];
}
