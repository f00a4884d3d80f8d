import { object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { servicePortNames } from "./service-port-names.ts";

const service = (spec: string, namespace = "default"): string => object("Service", `name: s, namespace: ${namespace}`, spec);

testAnalyzer(servicePortNames, [
  ["names that tell", service("ports: [{ name: http, port: 80 }, { name: grpc-web-x, port: 81 }, { name: TCP-y, port: 82 }]")],
  ["an appProtocol", service("ports: [{ name: web, port: 80, appProtocol: kubernetes.io/h2c }]")],
  ["a port that tells", service("ports: [{ name: db, port: 3306 }]")],
  ["UDP", service("ports: [{ name: web, port: 80, protocol: UDP }]")],
  [
    "one that does not",
    service("ports: [{ name: web, port: 80 }]"),
    '4:25 IST0118 Service default/s: port 80 is called "web", which tells no protocol: wanted one such as "http" or "tcp-x", or "appProtocol"',
  ],
  [
    "no name",
    service("ports: [{ port: 80 }]"),
    '4:17 IST0118 Service default/s: port 80 has no name, which tells no protocol: wanted one such as "http" or "tcp-x", or "appProtocol"',
  ],
  ["one of the cluster's own", service("ports: [{ port: 80 }]", "kube-system")],
  [
    "tcp by a name elsewhere",
    service("type: ExternalName, externalName: a.com, ports: [{ name: tcp, port: 80 }]"),
    '4:66 IST0150 Service default/s: port 80 of an ExternalName Service is called "tcp": its traffic may be taken for that of others on the port',
  ],
]);
