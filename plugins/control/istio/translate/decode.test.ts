import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatErrors } from "../../../../core/resources/document/error.ts";
import { analyzeText } from "../../../../core/resources/analyze/index.ts";
import { builtInExtensions } from "../../../../core/resources/extensions.ts";
import { UpstreamHttpProtocolOptions } from "../../../../core/resources/protocol-options.ts";
import { decodeValue } from "../../../../core/resources/schema/index.ts";
import { SECRETS } from "./testdata/secrets.ts";
import { bootstrapOf, GATEWAY, meshOf } from "./translate-fixture.ts";
import { translate } from "./translate.ts";

/** What the data plane has to have for an input. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "policy.yaml": ["HTTP/2"],
  "routes.yaml": ["HTTP/2"],
  "service-entry.yaml": ["HTTP/2"],
  "tcp.yaml": ["TLS"],
  "tls.yaml": ["TLS"],
};
const http2 = decodeValue(
  UpstreamHttpProtocolOptions,
  { explicit_http_config: { http2_protocol_options: {} } },
  { file: "", allowUnsupported: false },
);
const has: Readonly<Record<string, boolean>> = {
  "HTTP/2": http2.errors.length === 0,
  TLS: builtInExtensions.has("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
};

const folder = new URL("./testdata/", import.meta.url);

describe("what is translated is read without a mistake or a warning", () => {
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".yaml"))) {
    const missing = (NEEDS[name] ?? []).filter((need) => !has[need]);
    it.skipIf(missing.length > 0)(`${name}${missing.length > 0 ? `: there is no ${missing.join(", ")} yet` : ""}`, () => {
      const text = readFileSync(new URL(name, folder), "utf8") + (SECRETS[name] ?? "");
      const bootstrap = JSON.stringify(bootstrapOf(translate(GATEWAY, meshOf(text, name))), null, 1);
      expect(formatErrors(analyzeText(bootstrap, { file: "bootstrap.json" }))).toBe("");
    });
  }
});
