import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { gatewayConflicts } from "./gateway-conflicts.ts";

const gateway = (name: string, host: string, more = "", selector = "a: b"): string =>
  object(
    "Gateway",
    `name: ${name}`,
    `selector: { ${selector} }, servers: [{ hosts: ["${host}"], ${more} port: { number: 80, name: http, protocol: HTTP } }]`,
  );
const pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { a: b, c: d } }\n";

testAnalyzer(gatewayConflicts, [
  [
    "the same host and port",
    documents(gateway("g", "a.com"), gateway("h", "a.com")),
    '4:49 IST0145 Gateway default/g: host "a.com" on port 80 stands in Gateway "default/h" too, for the workloads of "a=b"',
    '9:49 IST0145 Gateway default/h: host "a.com" on port 80 stands in Gateway "default/g" too, for the workloads of "a=b"',
  ],
  ["another host", documents(gateway("g", "a.com"), gateway("h", "b.com"))],
  ["another address", documents(gateway("g", "a.com"), gateway("h", "a.com", "bind: 127.0.0.1,"))],
  ["another workload", documents(gateway("g", "a.com"), gateway("h", "a.com", "", "c: d"))],
  [
    "a workload that both select",
    documents(gateway("g", "a.com"), gateway("h", "a.com", "", "c: d"), pod),
    '4:49 IST0145 Gateway default/g: host "a.com" on port 80 stands in Gateway "default/h" too, for the workloads of "a=b"',
    '9:49 IST0145 Gateway default/h: host "a.com" on port 80 stands in Gateway "default/g" too, for the workloads of "c=d"',
  ],
]);
