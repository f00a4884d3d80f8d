import type { Pace, Sliced } from "../../core/contract/sliced.ts";
import { type Node, parseDocumentSliced, type ResourceError } from "../../core/resources/schema/index.ts";
import type { Pacing } from "../../core/transport/slices.ts";
import { buildMesh } from "../../plugins/control/istio/mesh.ts";
import type { MeshObject } from "../../plugins/control/istio/object.ts";
import {
  type GatewayNode,
  inlineReferences,
  originOf,
  translateInSlices,
  type Translation,
  whereOfOrigin,
} from "../../plugins/control/istio/translate/index.ts";
import { type ConfigSource, diskSource } from "./config-source.ts";
import { DocumentCache } from "./document-cache.ts";
import { joinBootstrap, type MoreResources } from "./join-bootstrap.ts";
import { ResourceNodes } from "./resource-nodes.ts";

/** Where a configuration comes from, and for whom it is. */
export interface ConfigurationSource {
  /** Files and folders. */
  readonly paths: readonly string[];
  /** The bootstrap itself instead; the first path then only names it in messages. */
  readonly text?: string | undefined;
  readonly allowUnsupported: boolean;
  /** Namespace of the gateway, and of objects that name none. */
  readonly namespace: string;
  /** What `Gateway.selector` is compared with. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where to listen instead, by the port of a Gateway's server. */
  readonly ports: Readonly<Record<number, number>>;
  /** Where servers without `bind` listen. Default: all IPv4 addresses. */
  readonly address?: string | undefined;
  /** Where files are. Default: on the disk. */
  readonly files?: ConfigSource | undefined;
}

/** What one reading of the source gave. */
export interface Configuration {
  /** The bootstrap, with what Istio's objects were translated to among its resources. Absent: there was none, and `errors` says why. */
  readonly root: Node | undefined;
  /** The Envoy bootstrap among the files; "" when there is none. */
  readonly file: string;
  readonly text: string;
  /** Mistakes and warnings, in the order of the files. */
  readonly errors: readonly ResourceError[];
  readonly translation: Translation | undefined;
  /** What to watch: files that were named, links among those that were found, and the folders that were looked through. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Reads files and folders into one bootstrap, again and again: a file that did not change is not read, parsed or translated anew, and what was made
 * of it are the same objects. All that takes long can be done in slices.
 */
export class ConfigurationReader {
  readonly #source: ConfigurationSource;
  readonly #node: GatewayNode;
  readonly #files: ConfigSource;
  readonly #nodes = new ResourceNodes((resource) => {
    const origin = originOf(resource);
    return origin === undefined ? undefined : () => whereOfOrigin(origin);
  });
  readonly #documents: DocumentCache;
  #translation: Translation | undefined;

  constructor(source: ConfigurationSource) {
    this.#source = source;
    this.#files = source.files ?? diskSource();
    const { labels, namespace, ports, address } = source;
    this.#documents = new DocumentCache({ namespace, allowUnsupported: source.allowUnsupported });
    this.#node = { kind: "ingress-gateway", labels, namespace, ports, ...(address === undefined ? {} : { address }) };
  }

  /** @param pacing how the parts that take long are done */
  async read(pacing: Pacing): Promise<Configuration> {
    const { text, paths } = this.#source;
    return text === undefined ? this.#readPaths(pacing) : this.#readText(text, paths[0], pacing);
  }

  async #readText(text: string, file: string, pacing: Pacing): Promise<Configuration> {
    const { root, errors } = await pacing((pace) => parseDocumentSliced(text, { file }, pace));
    return { root, file, text, errors, translation: undefined, files: [], folders: [] };
  }

  async #readPaths(pacing: Pacing): Promise<Configuration> {
    const { paths } = this.#source;
    const { files, folders } = await this.#files.tree(paths);
    const names = files.map(({ file }) => file);
    const texts = await this.#files.read(names);
    const { bootstrap, objects, errors } = await pacing((pace) => this.#documents.read(files, texts, pace));
    const found = [...errors];
    const isWrong = (): boolean => found.some(({ severity }) => severity === "error");
    const translation = objects.length === 0 || isWrong() ? undefined : await this.#translate(objects, found, pacing);
    if (bootstrap === undefined && objects.length === 0 && !isWrong()) found.push(nothingIn(paths));
    return {
      root: translation === undefined ? bootstrap?.root : joinBootstrap(bootstrap?.root, resourcesOf(translation), this.#nodes),
      file: bootstrap?.file ?? paths[0],
      text: bootstrap?.text ?? "",
      errors: found,
      translation,
      files: files.filter(({ isLink }) => isLink).map(({ file }) => file),
      folders,
    };
  }

  async #translate(objects: readonly MeshObject[], errors: ResourceError[], pacing: Pacing): Promise<Translation> {
    const mesh = buildMesh(objects);
    errors.push(...mesh.errors);
    const previous = this.#translation;
    const node = this.#node;
    this.#translation = await pacing(function* (pace: Pace): Sliced<Translation> {
      // It yields far more often than is needed.
      for (const work = translateInSlices(node, mesh, previous); ;) {
        const step = work.next();
        if (step.done === true) return step.value;
        if (pace.due()) yield;
      }
    });
    const { routes, clusters, problems } = this.#translation;
    const { allowUnsupported } = this.#source;
    for (const problem of problems)
      errors.push(allowUnsupported && isUnsupported(problem) ? { ...problem, severity: "warning" } : problem);
    await pacing((pace) => this.#nodes.ahead(routes, "virtual_hosts", pace));
    await pacing((pace) => this.#nodes.ahead(clusters, "", pace));
    return this.#translation;
  }
}

/** What goes into `static_resources`. */
export function resourcesOf(translation: Translation): MoreResources {
  return { listeners: inlineReferences(translation), clusters: translation.clusters, secrets: translation.secrets };
}

function isUnsupported({ code }: ResourceError): boolean {
  return code === "unsupported_field" || code === "unsupported_value";
}

function nothingIn(paths: readonly string[]): ResourceError {
  const wanted = "an Envoy bootstrap, or objects of Istio's and Kubernetes'";
  const message = `found nothing to serve in ${paths.join(", ")}, wanted ${wanted}`;
  return {
    file: paths[0],
    line: 0,
    column: 0,
    path: "",
    severity: "error",
    code: "missing_field",
    found: "nothing",
    wanted,
    message,
  };
}
