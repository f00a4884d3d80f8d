/** Istio's objects to Envoy's resources: a pure function. */
export { inlineReferences } from "./inline-references.ts";
export type { Json } from "./json.ts";
export { originOf, pathOfOrigin, whereOfOrigin, type Origin } from "./origin.ts";
export { translate, translateInSlices, type GatewayNode, type PathNormalization, type Translation } from "./translate.ts";
