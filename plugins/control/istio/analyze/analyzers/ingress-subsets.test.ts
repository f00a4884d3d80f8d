import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { ingressSubsets } from "./ingress-subsets.ts";

const split = object(
  "VirtualService",
  "name: split",
  "hosts: [ratings], http: [{ route: [{ destination: { host: ratings, subset: v1 } }] }]",
);
const ingress = (destination: string): string =>
  object(
    "VirtualService",
    "name: ingress",
    `hosts: [a.com], gateways: [gw], http: [{ route: [{ destination: { ${destination} } }] }]`,
  );

testAnalyzer(ingressSubsets, [
  [
    "a host whose split is elsewhere",
    documents(split, ingress("host: ratings")),
    '9:81 IST0140 VirtualService default/ingress: VirtualService "default/split" splits "ratings" into subsets, which does nothing for requests of this gateway',
  ],
  ["a subset", documents(split, ingress("host: ratings, subset: v1"))],
  ["another host", documents(split, ingress("host: reviews"))],
]);
