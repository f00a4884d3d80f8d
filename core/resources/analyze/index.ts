export { analyzeText, checkBootstrap } from "./analyze.ts";
export type { AnalyzeOptions } from "./analyze.ts";
export { checkRoutes } from "./routes.ts";
export type { RouteTargets } from "./routes.ts";
