import type {
  CertificateValidationContext,
  SdsSecretConfig,
  Secret,
  TlsCertificate,
  TlsSessionTicketKeys,
} from "../resources/tls.ts";
import { readFileSync } from "node:fs";
import { resourceKey } from "../resources/diff.ts";
import { formatErrors } from "../resources/document/error.ts";
import { Secret as SecretSchema, SecretFile } from "../resources/tls.ts";
import { decode, DecodeContext, parse, parseDocument } from "../resources/schema/index.ts";

/** What a secret was found to hold. */
export interface FoundSecret<T> {
  readonly value: T;
  /** The file that it came from; it is to be watched. */
  readonly files: readonly string[];
}

type Kind = "tlsCertificate" | "validationContext" | "sessionTicketKeys";
interface Held {
  readonly tlsCertificate: TlsCertificate;
  readonly validationContext: CertificateValidationContext;
  readonly sessionTicketKeys: TlsSessionTicketKeys;
}
const FIELDS: Readonly<Record<Kind, string>> = {
  tlsCertificate: "tls_certificate",
  validationContext: "validation_context",
  sessionTicketKeys: "session_ticket_keys",
};

/** Finds secrets by name: among those of the bootstrap, or in the file that a `path_config_source` names. */
export class Secrets {
  readonly #byName: ReadonlyMap<string, Secret>;

  /** The same for secrets that say the same. */
  readonly key: string;

  constructor(secrets: readonly Secret[]) {
    this.key = resourceKey(secrets);
    this.#byName = new Map(secrets.map((secret) => [secret.name, secret]));
  }

  /** A string says why there is none. Files are read each time. */
  find<K extends Kind>(config: SdsSecretConfig, kind: K): FoundSecret<Held[K]> | string {
    const source = config.sdsConfig;
    if (source === undefined) {
      const secret = this.#byName.get(config.name);
      if (secret === undefined) return `found no secret "${config.name}", wanted one of static_resources.secrets`;
      return held(secret, kind, []);
    }
    const path = source.pathConfigSource?.path ?? source.path ?? "";
    const folder = source.pathConfigSource?.watchedDirectory?.path;
    const files = folder === undefined ? [path] : [path, `${folder}/..data`];
    const secrets = readFile(path);
    if (typeof secrets === "string") return secrets;
    const secret = secrets.find(({ name }) => name === config.name || (secrets.length === 1 && name === ""));
    if (secret === undefined) return `found no secret "${config.name}" in ${JSON.stringify(path)}`;
    return held(secret, kind, files);
  }
}

function held<K extends Kind>(secret: Secret, kind: K, files: readonly string[]): FoundSecret<Held[K]> | string {
  const value = secret[kind] as Held[K] | undefined;
  return value === undefined ? `the secret "${secret.name}" holds no ${FIELDS[kind]}` : { value, files };
}

function readFile(path: string): Secret[] | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return `can't read ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message}`;
  }
  const document = parseDocument(text, { file: path });
  const context = new DecodeContext();
  for (const error of document.errors) context.add(error);
  const file = document.root === undefined ? undefined : decode(SecretFile, document.root, context);
  const secrets: Secret[] = [];
  for (const resource of file?.resources ?? []) {
    if (resource.typeUrl !== SecretSchema.typeName)
      return `found ${resource.typeUrl} in ${JSON.stringify(path)}, wanted ${SecretSchema.typeName}`;
    const secret = parse(SecretSchema, resource, context);
    if (secret !== undefined) secrets.push(secret);
  }
  return context.failures > 0 ? formatErrors(context.errors) : secrets;
}
