import type { MapNode } from "../../../../core/resources/schema/index.ts";
import { Bootstrap } from "../../../../core/resources/bootstrap.ts";
import { nearest, snakeCase } from "../../../../core/resources/schema/names.ts";
import { CORE_KINDS, MESH_KINDS, OTHER_KINDS, type MeshKindPlan, type OtherKind } from "../kinds.ts";

/** What a document is, by its content. */
export type Identity =
  | { readonly is: "bootstrap" }
  | { readonly is: "object"; readonly plan: MeshKindPlan; readonly apiVersion: string }
  | { readonly is: "list" }
  /** Known and not read. */
  | { readonly is: "other"; readonly other: OtherKind; readonly apiVersion: string }
  /** Of no concern: a Deployment, a ConfigMap, a CustomResource of somebody else. */
  | { readonly is: "foreign"; readonly kind: string; readonly apiVersion: string }
  /** `key`: the member that is wrong; none when it is the whole. */
  | {
      readonly is: "unknown";
      readonly code: "missing_field" | "unknown_kind" | "wrong_type";
      readonly key?: "apiVersion" | "kind";
      readonly message: string;
      readonly wanted: string;
    };

const PLANS: ReadonlyMap<string, MeshKindPlan> = new Map(MESH_KINDS.map((plan) => [`${plan.group}/${plan.kind}`, plan]));
const OTHERS: ReadonlyMap<string, OtherKind> = new Map(OTHER_KINDS.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
const VERSION = /^v[0-9]+(?:(?:alpha|beta)[0-9]+)?$/;

/** Tells what a document is: an object by `apiVersion` and `kind`, else an Envoy bootstrap by its fields. */
export function identify(root: MapNode): Identity {
  const apiVersion = text(root, "apiVersion");
  const kind = text(root, "kind");
  const hasApiVersion = root.keys.includes("apiVersion");
  const hasKind = root.keys.includes("kind");
  if (!hasApiVersion && !hasKind) return looksLikeBootstrap(root) ? { is: "bootstrap" } : neither(root);
  if (apiVersion === undefined) return lacks(hasApiVersion, "apiVersion", 'a version such as "networking.istio.io/v1"');
  if (kind === undefined) return lacks(hasKind, "kind", 'a kind such as "VirtualService"');
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const plan = PLANS.get(`${group}/${kind}`);
  if (plan !== undefined) {
    if (plan.versions.includes(version)) return { is: "object", plan, apiVersion };
    const wanted = oneOf(plan.versions.map((known) => (group === "" ? known : `${group}/${known}`)));
    return unknown("apiVersion", `found "${apiVersion}", wanted ${wanted} for a ${kind}`, wanted);
  }
  if (group === "" && kind === "List") return { is: "list" };
  if (kind.endsWith("List") && (PLANS.has(`${group}/${kind.slice(0, -4)}`) || OTHERS.has(`${group}/${kind.slice(0, -4)}`)))
    return { is: "list" };
  const other = OTHERS.get(`${group}/${kind}`);
  if (other !== undefined) return { is: "other", other, apiVersion };
  return notRead(group, version, kind, apiVersion);
}

function text(root: MapNode, key: string): string | undefined {
  const node = root.get(key);
  return node?.kind === "scalar" && node.text !== "" ? node.text : undefined;
}

function lacks(written: boolean, key: "apiVersion" | "kind", wanted: string): Identity {
  if (!written) return { is: "unknown", code: "missing_field", message: `"${key}" is required`, wanted: `"${key}"` };
  return { is: "unknown", code: "wrong_type", key, message: `wanted ${wanted}`, wanted };
}

/** A kind that nobody here knows in that group: misspelt, in the wrong group, or somebody else's. */
function notRead(group: string, version: string, kind: string, apiVersion: string): Identity {
  const ours = group === "istio.io" || group.endsWith(".istio.io");
  const known = [...MESH_KINDS, ...OTHER_KINDS];
  const elsewhere = known.filter((one) => one.kind === kind);
  if (ours || (group === "" && !CORE_KINDS.has(kind)) || !VERSION.test(version)) {
    if (elsewhere.length > 0) {
      const wanted = oneOf(elsewhere.map((one) => `${one.group === "" ? "" : `${one.group}/`}v1`));
      return unknown("apiVersion", `found "${apiVersion}", wanted ${wanted} for a ${kind}`, wanted);
    }
    const candidates = group === "" ? CORE_KINDS : new Set(known.filter((one) => one.group === group).map((one) => one.kind));
    if (ours && candidates.size === 0) {
      const near = nearest(group, new Set(known.map((one) => one.group)));
      const hint = near === undefined ? "" : `; did you mean "${near}"?`;
      return unknown("apiVersion", `unknown API group "${group}"${hint}`, near ?? "a known API group");
    }
    if (ours || group === "") {
      const near = nearest(kind, candidates);
      const hint = near === undefined ? "" : `; did you mean "${near}"?`;
      return unknown("kind", `unknown kind "${kind}" in "${apiVersion}"${hint}`, near ?? "a known kind");
    }
    return unknown("apiVersion", `found "${apiVersion}", wanted a group and a version such as "${group}/v1"`, "a version");
  }
  return { is: "foreign", kind, apiVersion };
}

function unknown(key: "apiVersion" | "kind", message: string, wanted: string): Identity {
  return { is: "unknown", code: "unknown_kind", key, message, wanted };
}

function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length === 1 ? quoted[0] : `one of ${quoted.join(", ")}`;
}

let bootstrapFields: ReadonlySet<string> | undefined;

/** By one field of a bootstrap, perhaps misspelt; an empty object is an empty bootstrap. */
function looksLikeBootstrap(root: MapNode): boolean {
  bootstrapFields ??= new Set(Object.keys(Bootstrap.fields).flatMap((name) => [name, snakeCase(name)]));
  const fields = bootstrapFields;
  return root.keys.length === 0 || root.keys.some((key) => fields.has(key) || nearest(key, fields) !== undefined);
}

function neither(root: MapNode): Identity {
  const wanted = 'an object with "apiVersion" and "kind", or an Envoy bootstrap';
  const message = `found an object with "${root.keys[0]}", wanted one with "apiVersion" and "kind", or an Envoy bootstrap`;
  return { is: "unknown", code: "wrong_type", message, wanted };
}
