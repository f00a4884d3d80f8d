import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { virtualServiceGateways } from "./virtual-service-gateways.ts";

const gateway = (hosts: string): string =>
  object(
    "Gateway",
    "name: gw, namespace: prod",
    `servers: [{ hosts: [${hosts}], port: { number: 80, name: http, protocol: HTTP } }]`,
  );
const route = (gateways: string, namespace = "prod", match = ""): string =>
  object(
    "VirtualService",
    `name: v, namespace: ${namespace}`,
    `gateways: [${gateways}], hosts: [a.com], http: [{ ${match} route: [{ destination: { host: a } }] }]`,
  );

testAnalyzer(virtualServiceGateways, [
  ["by name", documents(route("gw, mesh"), gateway("a.com"))],
  ["by namespace and name", documents(route("prod/gw", "x"), gateway("'*.com'"))],
  [
    "one that is not there",
    documents(route("gx"), gateway("a.com")),
    '4:20 IST0101 VirtualService prod/v: gateway "gx" not found; did you mean "prod/gw"?',
  ],
  [
    "one of another namespace",
    documents(route("gw", "x"), gateway("a.com")),
    '4:20 IST0101 VirtualService x/v: gateway "gw" not found',
  ],
  [
    "one that a match names",
    documents(route("gw", "prod", "match: [{ gateways: [gy] }],"), gateway("a.com")),
    '4:71 IST0101 VirtualService prod/v: gateway "gy" not found',
  ],
  [
    "hosts that it has not",
    documents(route("gw"), gateway("b.com")),
    '4:20 IST0132 VirtualService prod/v: no host of this VirtualService ("a.com") is one of Gateway "prod/gw"',
  ],
  ["hosts for any namespace", documents(route("prod/gw", "x"), gateway("'*/a.com'"))],
  [
    "hosts for its own namespace",
    documents(route("prod/gw", "x"), gateway("./a.com")),
    '4:20 IST0132 VirtualService x/v: no host of this VirtualService ("a.com") is one of Gateway "prod/gw"',
  ],
]);
