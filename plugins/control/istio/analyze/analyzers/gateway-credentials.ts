import { X509Certificate } from "node:crypto";
import type { Mesh } from "../../mesh.ts";
import type { Gateway } from "../../schema/gateway.ts";
import type { Secret } from "../../schema/secret.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { selects } from "../selector.ts";

/** Secrets that a Gateway names and that do not exist, or have no certificate with its key. */
export const gatewayCredentials: Analyzer = {
  name: "gateway.SecretAnalyzer",
  codes: ["IST0101", "IST0161"],
  analyze(mesh, findings, now) {
    for (const object of mesh.gateways) {
      for (const { tls } of object.spec.servers) {
        if (tls === undefined) continue;
        const names: readonly (readonly [name: string, path: readonly (string | number)[], ca: boolean])[] = [
          ...(tls.credentialName === undefined ? [] : [[tls.credentialName, ["credentialName"], false] as const]),
          ...tls.credentialNames.map((name, index) => [name, ["credentialNames", index], false] as const),
          ...(tls.caCertCredentialName === undefined
            ? []
            : [[tls.caCertCredentialName, ["caCertCredentialName"], true] as const]),
        ];
        for (const [name, path, ca] of names) {
          const secret = findSecret(mesh, object, name);
          if (secret === undefined) {
            // Named for the namespace that Istio would look in first.
            const namespace = namespacesOf(mesh, object)[0];
            findings.add("IST0101", object, tls, path, `Secret "${name}" not found in namespace "${namespace}"`);
            continue;
          }
          const problem = ca ? caProblem(secret, now) : certificateProblem(secret, now);
          if (problem !== undefined)
            findings.add(
              "IST0161",
              object,
              tls,
              path,
              `Secret "${fullName(secret)}" has no certificate that could be used: ${problem}`,
            );
        }
      }
    }
  },
};

/** Where Secrets of a Gateway are: with its workloads, and in files mostly beside it. */
function namespacesOf(mesh: Mesh, gateway: Gateway): readonly string[] {
  const pods = mesh.pods.filter((pod) => selects(gateway.spec.selector, pod.labels)).map(({ namespace }) => namespace);
  return [...new Set([...pods, gateway.namespace, mesh.rootNamespace])];
}

function findSecret(mesh: Mesh, gateway: Gateway, name: string): Secret | undefined {
  const plain = name.replace(/^kubernetes(?:-gateway)?:\/\//, "");
  const slash = plain.indexOf("/");
  if (slash >= 0) return mesh.get("Secret", plain.slice(0, slash), plain.slice(slash + 1));
  for (const namespace of namespacesOf(mesh, gateway)) {
    const secret = mesh.get("Secret", namespace, plain);
    if (secret !== undefined) return secret;
  }
  return undefined;
}

function valueOf(secret: Secret, key: string): string {
  const text = secret.spec.stringData[key] as string | undefined;
  if (text !== undefined) return text;
  const bytes = secret.spec.data[key] as Uint8Array | undefined;
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}

/** Pairs of keys, in the order in which Istio looks for them. */
const PAIRS = [
  ["cert", "key"],
  ["tls.crt", "tls.key"],
] as const;

function certificateProblem(secret: Secret, now: number): string | undefined {
  const pair = PAIRS.find(([certificate, key]) => valueOf(secret, certificate) !== "" && valueOf(secret, key) !== "");
  if (pair === undefined) return 'wanted "tls.crt" and "tls.key", or "cert" and "key", that are not empty';
  return pemProblem(valueOf(secret, pair[0]), pair[0], now);
}

function caProblem(secret: Secret, now: number): string | undefined {
  const key = ["ca.crt", "cacert"].find((name) => valueOf(secret, name) !== "");
  return key === undefined ? 'wanted "ca.crt" or "cacert" that is not empty' : pemProblem(valueOf(secret, key), key, now);
}

function pemProblem(text: string, key: string, now: number): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text);
  } catch {
    return `"${key}" holds no certificate in PEM`;
  }
  if (Date.parse(certificate.validTo) < now) return `the one in "${key}" expired on ${certificate.validTo}`;
  if (Date.parse(certificate.validFrom) > now) return `the one in "${key}" is valid from ${certificate.validFrom} on`;
  return undefined;
}
