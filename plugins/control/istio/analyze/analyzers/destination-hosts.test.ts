import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { destinationHosts } from "./destination-hosts.ts";

const service = object("Service", "name: reviews, namespace: prod", "ports: [{ name: http, port: 80 }]");
const two = object("Service", "name: two, namespace: prod", "ports: [{ name: http, port: 80 }, { name: tcp, port: 81 }]");
const entry = object(
  "ServiceEntry",
  "name: e, namespace: prod",
  "hosts: ['*.ext.com'], ports: [{ number: 443, name: tls, protocol: TLS }]",
);
const route = (destination: string, namespace = "prod", more = ""): string =>
  object(
    "VirtualService",
    `name: v, namespace: ${namespace}`,
    `hosts: [a.com], http: [{ route: [{ destination: { ${destination} } }] ${more} }]`,
  );

testAnalyzer(destinationHosts, [
  ["a short name", documents(route("host: reviews"), service)],
  ["a full name from another namespace", documents(route("host: reviews.prod.svc.cluster.local", "x"), service)],
  [
    "a short name of another namespace",
    documents(route("host: reviews", "x"), service),
    '4:65 IST0101 VirtualService x/v: host "reviews" not found: no Service or ServiceEntry has it',
  ],
  [
    "a misspelt name",
    documents(route("host: reviwes"), service),
    '4:65 IST0101 VirtualService prod/v: host "reviwes" not found: no Service or ServiceEntry has it; did you mean "reviews.prod.svc.cluster.local"?',
  ],
  ["a wildcard of a ServiceEntry", documents(route("host: a.ext.com"), entry)],
  [
    "a ServiceEntry that is not exported",
    documents(route("host: a.ext.com", "x"), entry.replace("hosts:", "exportTo: ['.'], hosts:")),
    '4:65 IST0101 VirtualService x/v: host "a.ext.com" not found: no Service or ServiceEntry has it',
  ],
  [
    "a port that it has not",
    documents(route("host: reviews, port: { number: 81 }"), service),
    '4:90 IST0101 VirtualService prod/v: port 81 of host "reviews" not found: it has 80',
  ],
  [
    "no port where there are several",
    documents(route("host: two"), two),
    '4:65 IST0112 VirtualService prod/v: "two" has the ports 80, 81: the destination must name one',
  ],
  [
    "a copy to nowhere",
    documents(route("host: reviews", "prod", ", mirror: { host: gone }"), service),
    '4:96 IST0101 VirtualService prod/v: mirror host "gone" not found: no Service or ServiceEntry has it',
  ],
]);
