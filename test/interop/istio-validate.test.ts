import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SECRETS } from "../../plugins/control/istio/translate/testdata/secrets.ts";
import { bootstrapOf, GATEWAY, meshOf } from "../../plugins/control/istio/translate/translate-fixture.ts";
import { translate } from "../../plugins/control/istio/translate/translate.ts";
import { skipped } from "../lib/describe.ts";
import { findEnvoy, skipReason } from "../lib/tools.ts";
import { makeAuthority, makeCertificate } from "../lib/certificates.ts";

/** The bootstrap with real certificates and keys, in values and files, where the input has words for them. */
async function withCertificates(text: string, folder: string): Promise<string> {
  const authority = await makeAuthority();
  const { cert, key } = await makeCertificate({ issuer: authority });
  for (const [name, content] of Object.entries({ server: cert, client: cert, ca: authority.cert, key, "client-key": key })) {
    writeFileSync(join(folder, `${name}.pem`), content);
  }
  const inJson = (pem: string): string => JSON.stringify(pem).slice(1, -1);
  return text
    .replaceAll(/certificate of [a-z-]+/g, inJson(cert))
    .replaceAll(/CA of [a-z-]+/g, inJson(authority.cert))
    .replaceAll(/key of [a-z-]+/g, inJson(key))
    .replaceAll("/etc/certs/", `${folder}/`);
}

const testdata = new URL("../../plugins/control/istio/translate/testdata/", import.meta.url);
const envoy = findEnvoy();

if (envoy.path === undefined) skipped("Envoy takes what is translated", skipReason(envoy));
else {
  const { path } = envoy;
  describe("Envoy takes what is translated", { timeout: 60_000 }, () => {
    for (const name of readdirSync(testdata).filter((one) => one.endsWith(".yaml"))) {
      it(name, async () => {
        const folder = mkdtempSync(join(tmpdir(), "isthmus-istio-"));
        try {
          const text = readFileSync(new URL(name, testdata), "utf8") + (SECRETS[name] ?? "");
          const bootstrap = bootstrapOf(translate(GATEWAY, meshOf(text, name)));
          const file = join(folder, "bootstrap.json");
          writeFileSync(file, await withCertificates(JSON.stringify(bootstrap), folder));
          const { status, stderr } = spawnSync(path, ["--mode", "validate", "-c", file, "-l", "error"], { encoding: "utf8" });
          expect(stderr).toBe("");
          expect(status).toBe(0);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
    }
  });
}
