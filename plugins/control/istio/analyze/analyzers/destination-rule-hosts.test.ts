import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { destinationRuleHosts } from "./destination-rule-hosts.ts";

const rule = (host: string, label = "version: v1"): string =>
  object("DestinationRule", "name: r", `host: "${host}", subsets: [{ name: v1, labels: { ${label} } }]`);
const service = object("Service", "name: a", "selector: { app: a }, ports: [{ port: 80 }]");
const pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { app: a, version: v1 } }\n";
const entry = object(
  "ServiceEntry",
  "name: e",
  "hosts: [a.com], resolution: STATIC, endpoints: [{ address: 10.0.0.1, labels: { version: v1 } }]",
);
const NONE = '4:50 IST0173 DestinationRule default/r: subset "v1" selects no endpoint of';

testAnalyzer(destinationRuleHosts, [
  ["a Pod of the Service", documents(rule("a"), service, pod)],
  ["no such Pod", documents(rule("a", "version: v2"), service, pod), `${NONE} "a": its requests will fail`],
  [
    "a Pod of another Service",
    documents(rule("a"), service, pod.replace("app: a", "app: b")),
    `${NONE} "a": its requests will fail`,
  ],
  ["files without Pods", documents(rule("a", "version: v2"), service)],
  ["an endpoint of the ServiceEntry", documents(rule("a.com"), entry)],
  [
    "no such endpoint",
    documents(rule("a.com", "version: v2"), entry),
    `${NONE.replace("50", "54")} "a.com": its requests will fail`,
  ],
  ["labels of nodes", documents(rule("a", "topology.kubernetes.io/zone: z"), service, pod)],
  [
    "no such host",
    rule("b.com"),
    '4:15 IST0174 DestinationRule default/r: host "b.com" not found: no Service or ServiceEntry has it',
  ],
  ["a wildcard over hosts", documents(rule("*.com"), entry)],
  [
    "a wildcard over none",
    documents(rule("*.org"), entry),
    '4:15 IST0174 DestinationRule default/r: host "*.org" not found: no Service or ServiceEntry has it',
  ],
]);
