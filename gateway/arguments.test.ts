import { describe, expect, it } from "vitest";
import { HELP, parseCommand } from "./arguments.ts";

const gateway = (...args: string[]) => parseCommand(["gateway", ...args]);

describe("the command line", () => {
  it("has defaults for a gateway", () => {
    expect(gateway("a.yaml")).toEqual({
      kind: "gateway",
      options: {
        paths: ["a.yaml"],
        namespace: "default",
        labels: { istio: "ingressgateway" },
        ports: {},
        address: undefined,
        to: "",
        port: 8080,
        adminPort: undefined,
        watch: false,
        allowUnsupported: false,
        plugins: [],
        logLevel: "info",
        drainTime: 10_000,
        workers: 0,
        hotRestart: false,
        baseId: 0,
      },
    });
  });

  it("takes every option", () => {
    const args = ["--to", "http://a:1", "--port", "0", "--admin-port", "0", "--watch", "--plugin", "a.ts", "--plugin", "b.ts"];
    expect(gateway(...args, "--allow-unsupported", "--log-level", "debug", "--drain-time", "0")).toMatchObject({
      kind: "gateway",
      options: {
        to: "http://a:1",
        port: 0,
        adminPort: 0,
        watch: true,
        plugins: ["a.ts", "b.ts"],
        logLevel: "debug",
        drainTime: 0,
        allowUnsupported: true,
      },
    });
  });

  it("takes any number of paths, and says for whom they are", () => {
    const options = ["--label", "app=edge", "--label", "tier=", "--map", "80:8080", "--map", "443:8443"];
    expect(gateway("a.yaml", "b", ...options, "--namespace", "edge", "--address", "::1")).toMatchObject({
      options: {
        paths: ["a.yaml", "b"],
        namespace: "edge",
        labels: { app: "edge", tier: "" },
        ports: { 80: 8080, 443: 8443 },
        address: "::1",
      },
    });
    expect(parseCommand(["translate", "a", "--map", "80:8080", "-o", "envoy.yaml"])).toMatchObject({
      kind: "translate",
      output: "envoy.yaml",
      options: { paths: ["a"], ports: { 80: 8080 }, labels: { istio: "ingressgateway" } },
    });
  });

  it.each([
    [[], "help"],
    [["help"], "help"],
    [["--help"], "help"],
    [["gateway", "--help"], "help"],
    [["analyze", "-h"], "help"],
    [["version"], "version"],
    [["-v"], "version"],
    [["demo"], "demo"],
  ])("%j is %s", (argv, kind) => {
    expect(parseCommand(argv).kind).toBe(kind);
  });

  it.each([
    [["gateway"], "wanted files or folders, or --to URL"],
    [["gateway", "a", "--to", "http://b"], "found a path and --to, wanted one of the two"],
    [["gateway", "a", "--label", "istio"], '--label: found "istio", wanted KEY=VALUE'],
    [["gateway", "a", "--map", "8080"], '--map: found "8080", wanted two ports'],
    [["gateway", "a", "--map", "80:70000"], '--map: found "80:70000", wanted two ports'],
    [["gateway", "a", "--map", "80:1", "--map", "80:2"], "--map: found port 80 twice"],
    [["gateway", "a", "--address", "localhost"], '--address: found "localhost", wanted an IP address'],
    [["translate"], "translate wants at least one file or folder"],
    [["gateway", "a", "--port", "80"], "--port goes with --to"],
    [["gateway", "--to", "http://b", "--port", "65536"], '--port: found "65536", wanted a whole number from 0 to 65535'],
    [["gateway", "a", "--admin-port", "-1"], "--admin-port"],
    [["gateway", "a", "--drain-time", "1.5"], '--drain-time: found "1.5", wanted a whole number'],
    [["gateway", "a", "--wach"], "--wach"],
    [["gateway", "a", "--log-level"], "--log-level"],
    [["analyze"], "analyze wants at least one file or folder"],
    [["explain", "GET", "http://a/", "--proxy", "b:1", "--label", "a=b"], "--label is for files, found it with --proxy"],
    [["explain", "GET", "http://a/", "--proxy", "b:1", "--map", "80:81"], "--map is for files, found it with --proxy"],
    [["explain", "GET", "http://a/", "--proxy", "b:1", "--plugin", "p.ts"], "--plugin is for files, found it with --proxy"],
    [["demo", "x"], "Unexpected argument 'x'"],
    [["demo", "--services-port", "65530"], '--services-port: found "65530", wanted a whole number from 1 to 65529'],
    [["frobnicate"], 'found command "frobnicate", wanted gateway, analyze, explain, translate, demo, help or version'],
  ])("%j is refused", (argv, message) => {
    const command = parseCommand(argv);
    expect(command.kind).toBe("wrong");
    expect((command as { message: string }).message).toContain(message);
  });

  it("explains every option of a gateway", () => {
    for (const name of ["label", "namespace", "map", "address", "output"]) expect(HELP).toContain(`--${name}`);
    for (const name of ["port", "watch", "plugin", "admin-port", "allow-unsupported", "log-level", "drain-time"])
      expect(HELP).toContain(`--${name}`);
  });
});
