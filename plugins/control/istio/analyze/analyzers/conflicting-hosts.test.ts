import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { conflictingHosts } from "./conflicting-hosts.ts";

const route = (name: string, spec: string): string =>
  object("VirtualService", `name: ${name}, namespace: prod`, `http: [{ route: [{ destination: { host: a } }] }], ${spec}`);

testAnalyzer(conflictingHosts, [
  [
    "the same host, short and in full",
    documents(route("a", "hosts: [reviews]"), route("b", "hosts: [reviews.prod.svc.cluster.local]")),
    '4:68 IST0109 VirtualService prod/a: host "reviews.prod.svc.cluster.local" stands in VirtualService "prod/b" too: sidecars follow only one of them',
    '9:68 IST0109 VirtualService prod/b: host "reviews.prod.svc.cluster.local" stands in VirtualService "prod/a" too: sidecars follow only one of them',
  ],
  [
    "at a gateway, where they are merged",
    documents(route("a", "gateways: [gw], hosts: [a.com]"), route("b", "gateways: [gw], hosts: [a.com]")),
  ],
  ["for other namespaces", documents(route("a", "exportTo: [x], hosts: [a.com]"), route("b", "exportTo: [z], hosts: [a.com]"))],
  ["other hosts", documents(route("a", "hosts: [a.com]"), route("b", "hosts: [b.com]"))],
]);
