import { Buffer } from "node:buffer";
import type { Mesh } from "../mesh.ts";
import type { ObjectOf } from "../object.ts";
import type { Json } from "./json.ts";
import type { Memo } from "./memo.ts";
import { madeFrom, nodeAt } from "./origin.ts";

/** What a Secret holds, by the names that Istio takes: `tls.crt`, `tls.key`, `ca.crt`, `ca.crl`, or `cert`, `key`, `cacert`, `crl`. */
export interface SecretContent {
  readonly object: ObjectOf<"Secret">;
  readonly certificate: Json | undefined;
  readonly privateKey: Json | undefined;
  readonly ca: Json | undefined;
  readonly crl: Json | undefined;
}

/** Secrets of a mesh as Envoy's resources; those that were asked for are in `resources`. */
export class SecretStore {
  readonly #mesh: Mesh;
  readonly #memo: Memo;
  readonly #namespace: string;
  readonly #resources = new Map<string, Json>();

  constructor(mesh: Mesh, memo: Memo, namespace: string) {
    this.#mesh = mesh;
    this.#memo = memo;
    this.#namespace = namespace;
  }

  /** Those that were used, by name. */
  get resources(): readonly Json[] {
    return [...this.#resources.keys()].sort().map((name) => this.#resources.get(name) as Json);
  }

  /** The Secret of a `credentialName`: in the gateway's namespace, as in Istio, else beside the object that names it. */
  find(credentialName: string, namespace: string): SecretContent | undefined {
    const name = credentialName.replace(/^kubernetes:\/\//, "");
    const slash = name.indexOf("/");
    const object =
      slash >= 0
        ? this.#mesh.get("Secret", name.slice(0, slash), name.slice(slash + 1))
        : (this.#mesh.get("Secret", this.#namespace, name) ?? this.#mesh.get("Secret", namespace, name));
    if (object === undefined) return undefined;
    return this.#memo.get(`secret ${object.namespace}/${object.name}`, [object], () => contentOf(object));
  }

  /** The name of the resource with its certificate and key. */
  certificate(secret: SecretContent): string {
    const name = nameOf(secret);
    const resource = this.#memo.get(`certificate ${name}`, [secret], () =>
      madeFrom<Json>(
        { name, tls_certificate: { certificate_chain: secret.certificate, private_key: secret.privateKey } },
        { object: secret.object, node: nodeAt(secret.object, secret.object.spec) },
      ),
    );
    this.#resources.set(name, resource);
    return name;
  }

  /** The name of the resource with the CA that its peers are checked by. */
  authority(secret: SecretContent): string {
    const name = `${nameOf(secret)}-cacert`;
    const resource = this.#memo.get(`authority ${name}`, [secret], () =>
      madeFrom<Json>(
        { name, validation_context: { trusted_ca: secret.ca, ...(secret.crl === undefined ? {} : { crl: secret.crl }) } },
        { object: secret.object, node: nodeAt(secret.object, secret.object.spec) },
      ),
    );
    this.#resources.set(name, resource);
    return name;
  }
}

function nameOf({ object }: SecretContent): string {
  return `kubernetes://${object.namespace}/${object.name}`;
}

function contentOf(object: ObjectOf<"Secret">): SecretContent {
  const { data, stringData } = object.spec;
  const find = (...names: readonly string[]): Json | undefined => {
    for (const name of names) {
      if (Object.hasOwn(stringData, name)) return { inline_string: stringData[name] };
      if (Object.hasOwn(data, name)) return { inline_bytes: Buffer.from(data[name]).toString("base64") };
    }
    return undefined;
  };
  return {
    object,
    certificate: find("tls.crt", "cert"),
    privateKey: find("tls.key", "key"),
    ca: find("ca.crt", "cacert"),
    crl: find("ca.crl", "crl"),
  };
}
