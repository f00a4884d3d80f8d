import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoPorts } from "../arguments.ts";
import type { SelfSigned } from "./self-signed.ts";

/** A copy of an example's rules, to be edited while it runs. */
export interface RulesFolder {
  /** Holds the two others. */
  readonly root: string;
  /** What the gateway reads. */
  readonly rules: string;
  /** Files to switch on by copying them into `rules`. */
  readonly more: string;
  /** Takes all of it away. */
  remove(): void;
}

/** The ports that the example's files are written for: 8080, 8443, and seven from 9080 on. */
const WRITTEN: Readonly<DemoPorts> = { port: 8080, tlsPort: 8443, servicesPort: 9080 };
const PORT = /\b(?:8080|8443|908[0-6])\b/g;

function portFor(written: number, ports: Readonly<DemoPorts>): number {
  if (written === WRITTEN.port) return ports.port;
  if (written === WRITTEN.tlsPort) return ports.tlsPort;
  return written - WRITTEN.servicesPort + ports.servicesPort;
}

/**
 * Copies the folders `rules` and `more` of an example into a new folder that only this user can read, with the ports that are wanted in place of those
 * that are written, and adds the Secret with the certificate.
 */
export function makeRulesFolder(example: string, ports: Readonly<DemoPorts>, { certificate, key }: SelfSigned): RulesFolder {
  const root = mkdtempSync(join(tmpdir(), "bookinfo-"));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  const [rules, more] = ["rules", "more"].map((name) => join(root, name));
  try {
    for (const name of ["rules", "more"]) {
      mkdirSync(join(root, name));
      for (const file of readdirSync(join(example, name)).filter((file) => file.endsWith(".yaml"))) {
        const text = readFileSync(join(example, name, file), "utf8");
        writeFileSync(
          join(root, name, file),
          text.replace(PORT, (written) => String(portFor(Number(written), ports))),
        );
      }
    }
    writeFileSync(join(rules, "certificate.yaml"), secret(certificate, key), { mode: 0o600 });
  } catch (error) {
    remove();
    throw error;
  }
  return { root, rules, more, remove };
}

function secret(certificate: string, key: string): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return `# Made at the start, for the server "https" of gateway.yaml.
apiVersion: v1
kind: Secret
metadata:
  name: bookinfo-certificate
  namespace: bookinfo
type: kubernetes.io/tls
data:
  tls.crt: ${base64(certificate)}
  tls.key: ${base64(key)}
`;
}
